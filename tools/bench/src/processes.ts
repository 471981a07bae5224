import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Answer, Order } from './contender-process.ts';

/** The root of the checkout that this program belongs to. */
export const HERE = resolve(import.meta.dirname, '../../..');

/** Far longer than any contender should take: a process that still runs then hangs. */
const TIMEOUT_MS = 10 * 60_000;
/** To fill a table of gigabytes takes longer than to measure it. */
const PREPARE_TIMEOUT_MS = 60 * 60_000;

export type Problem = Exclude<Answer, { value: number }>;

/** Has the bench of a checkout run one contender, or prepare a suite, in a process of its own. */
export async function carryOut(order: Order, checkout = HERE): Promise<Answer> {
  const timeout = order.case === undefined ? PREPARE_TIMEOUT_MS : TIMEOUT_MS;
  const answer = await ask<Answer>(
    programOf(checkout, 'contender-process'),
    [JSON.stringify(order)],
    checkout,
    timeout,
  );
  return typeof answer === 'string' ? { failed: answer } : answer;
}

export function programOf(checkout: string, name: string): string {
  return join(checkout, 'tools/bench/src', `${name}.ts`);
}

/** Runs a program that sends one message. Returns the message, or in words why there is none. */
export function ask<T>(program: string, args: string[], checkout = HERE, timeout = TIMEOUT_MS): Promise<T | string> {
  return new Promise((resolve) => {
    const child = fork(program, args, {
      execArgv: [...process.execArgv, '--expose-gc'],
      env: environmentOf(checkout),
      timeout,
      killSignal: 'SIGKILL',
    });
    let answer: T | undefined;
    child.on('message', (message) => {
      answer = message as T;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      resolve(answer ?? `the process ended without an answer (${signal ?? `status ${code}`})`);
    });
  });
}

/** A binary that the user names belongs to this checkout: another one would refuse it. */
function environmentOf(checkout: string): NodeJS.ProcessEnv {
  const { KOHAKUVAULT_NATIVE, ...others } = process.env;
  return checkout === HERE ? process.env : others;
}

/** Runs a body with a temporary folder, which is removed even if the run is interrupted. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  for (const signal of ENDING) process.once(signal, interrupted);
  try {
    return await body(folder);
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

export function whyOf(problem: Problem): string {
  return 'notRun' in problem ? problem.notRun : problem.failed;
}
