// A process that uses damaged files one after another, and reports the outcome of every call. Its end shows a hang or a
// crash.
import { runHere } from '../../../packages/umbrella/test/support/in-process.ts';
import { exercise } from './exercise.ts';
import type { Subjects } from './files/subjects.ts';
import type { Outcome } from './outcome.ts';

export interface Task {
  /** Two copies of one damaged file: one for `verify`, one to be used. */
  readonly verified: string;
  readonly used: string;
  readonly subjects: Subjects;
}

export interface Result {
  readonly outcomes: Outcome[];
  readonly verify: { status: number; output: string };
  /** Uncaught errors, and unhandled rejections. */
  readonly uncaught: string[];
  /** The most memory that the process has taken, in bytes. */
  readonly memory: number;
}

const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(`${error.stack}`));
process.on('unhandledRejection', (reason) =>
  uncaught.push(reason instanceof Error ? `${reason.stack}` : String(reason)),
);
// Tables that cannot be flushed cause warnings, which are for people.
process.removeAllListeners('warning');

process.on('message', async ({ verified, used, subjects }: Task) => {
  const { status, stdout, stderr } = await runHere(['verify', verified]);
  const outcomes = await exercise(used, subjects);
  const result: Result = {
    outcomes,
    verify: { status: status ?? -1, output: stdout + stderr },
    uncaught: uncaught.splice(0),
    memory: process.resourceUsage().maxRSS * 1024,
  };
  process.send?.(result);
});
