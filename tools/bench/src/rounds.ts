import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbers } from './contender-process.ts';
import { carryOut, type Problem, whyOf, withFolder } from './processes.ts';
import type { Case, Suite } from './suite.ts';

export interface Run {
  rounds: number;
  quick: boolean;
  large: boolean;
  /** A folder in which the prepared files of suites stay from run to run. */
  fixtures?: string | undefined;
}

/** The result of one contender: a number per round, or why there is none. */
export interface Measured {
  case: Case;
  contender: string;
  values: number[];
  /** The 99.9th percentile of single calls in each round, if the case times single calls. */
  tails: number[];
  problem?: Problem;
}

/**
 * Runs every contender of every case once per round, each in a process of its own. A round goes through all cases, so
 * that a busy minute touches one round of each case and not all rounds of one. Within a case the order rotates, so that
 * no contender always follows the slow one.
 */
export function runRounds(name: string, suite: Suite, cases: Case[], run: Run): Promise<Measured[]> {
  return withFolder(async (base) => {
    const { rounds, quick, large } = run;
    const order = { suite: name, fixtures: fixturesOf(name, suite, base, run), quick, large };
    if (suite.prepare) {
      const prepared = await carryOut({ ...order, folder: order.fixtures, names: cases.map((each) => each.name) });
      if (!('value' in prepared)) throw new Error(`the suite ${name} could not be prepared: ${whyOf(prepared)}`);
    }
    const all = cases.map((entry) => start(entry));
    console.error(`${name}: ${all.flat().length} contenders in ${cases.length} cases, ${rounds} rounds`);
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      for (const contenders of all) {
        for (const measured of rotated(contenders, round)) {
          if (measured.problem) continue;
          const folder = mkdtempSync(join(base, 'contender-'));
          const answer = await carryOut({ ...order, folder, case: measured.case.name, contender: measured.contender });
          rmSync(folder, { recursive: true, force: true });
          if ('value' in answer) note(measured, answer);
          else measured.problem = report(measured, answer);
        }
      }
      console.error(`${name}: round ${round + 1} of ${rounds} took ${seconds(began)} s`);
    }
    return all.flat();
  });
}

/** Returns the folder for what a suite prepares: one of this run, or the one that is kept. */
export function fixturesOf(name: string, { isKept }: Suite, base: string, { fixtures, quick }: Run): string {
  const isOwn = fixtures === undefined || !isKept;
  const folder = isOwn ? join(base, 'fixtures') : join(fixtures, quick ? `${name}-quick` : name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function start(entry: Case): Measured[] {
  return Object.keys(entry.contenders).map((contender) => ({ case: entry, contender, values: [], tails: [] }));
}

function note(measured: Measured, { value, tail }: Numbers): void {
  measured.values.push(value);
  if (tail !== undefined) measured.tails.push(tail);
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

export function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
