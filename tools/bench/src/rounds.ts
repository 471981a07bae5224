import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer, Order } from './contender-process.ts';
import type { Case, Suite } from './suite.ts';

export interface Run {
  rounds: number;
  quick: boolean;
}

/** The result of one contender: a number per round, or why there is none. */
export interface Measured {
  case: Case;
  contender: string;
  values: number[];
  problem?: Problem;
}

export type Problem = Exclude<Answer, { value: number }>;

/** Far longer than any contender should take: a process that still runs then hangs. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs every contender of every case once per round, each in a process of its own. A round goes through all cases, so
 * that a busy minute touches one round of each case and not all rounds of one. Within a case the order rotates, so that
 * no contender always follows the slow one.
 */
export async function runRounds(name: string, suite: Suite, cases: Case[], run: Run): Promise<Measured[]> {
  const base = mkdtempSync(join(tmpdir(), 'kohakuvault-bench-'));
  const remove = () => rmSync(base, { recursive: true, force: true });
  process.once('exit', remove);
  for (const signal of ENDING) process.once(signal, interrupted);
  try {
    const fixtures = join(base, 'fixtures');
    mkdirSync(fixtures);
    const order = { suite: name, fixtures, quick: run.quick };
    if (suite.prepare) {
      const prepared = await carryOut({ ...order, folder: fixtures });
      if (!('value' in prepared)) throw new Error(`the suite ${name} could not be prepared: ${whyOf(prepared)}`);
    }
    const all = cases.map((entry) => start(entry));
    console.error(`${name}: ${all.flat().length} contenders in ${cases.length} cases, ${run.rounds} rounds`);
    for (let round = 0; round < run.rounds; round++) {
      const began = performance.now();
      for (const contenders of all) {
        for (const measured of rotated(contenders, round)) {
          if (measured.problem) continue;
          const folder = mkdtempSync(join(base, 'contender-'));
          const answer = await carryOut({ ...order, folder, case: measured.case.name, contender: measured.contender });
          rmSync(folder, { recursive: true, force: true });
          if ('value' in answer) measured.values.push(answer.value);
          else measured.problem = report(measured, answer);
        }
      }
      console.error(`${name}: round ${round + 1} of ${run.rounds} took ${seconds(began)} s`);
    }
    return all.flat();
  } finally {
    remove();
    process.off('exit', remove);
    for (const signal of ENDING) process.off(signal, interrupted);
  }
}

/** These signals would end the process without its exit handlers, and leave the folder. */
const ENDING = ['SIGINT', 'SIGTERM'] as const;

function interrupted(): never {
  process.exit(130);
}

function start(entry: Case): Measured[] {
  return Object.keys(entry.contenders).map((contender) => ({ case: entry, contender, values: [] }));
}

/** Prints a problem at once, before a long run has ended. */
function report<T extends Problem>(measured: Measured, problem: T): T {
  console.error(`${measured.case.name}: ${measured.contender}: ${whyOf(problem)}`);
  return problem;
}

function rotated<T>(values: T[], by: number): T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}

function carryOut(order: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'contender-process.ts'), [JSON.stringify(order)], {
      execArgv: [...process.execArgv, '--expose-gc'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let answer: Answer | undefined;
    child.on('message', (message) => {
      answer = message as Answer;
    });
    child.on('error', (error) => resolve({ failed: error.message }));
    child.on('exit', (code, signal) => {
      resolve(answer ?? { failed: `the process ended without an answer (${signal ?? `status ${code}`})` });
    });
  });
}

export function whyOf(problem: Problem): string {
  return 'notRun' in problem ? problem.notRun : problem.failed;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
