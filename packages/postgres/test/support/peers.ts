import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Starts another process with a vault: `scripts/peer.ts`. It is killed if the test ends before it. */
export function start(args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, '..', 'scripts', 'peer.ts'), args, {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  onTestFinished(() => kill(child));
  return child;
}

/** Ends a process, in the middle of whatever it does. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Returns the next message of a process. */
export async function message(child: ChildProcess): Promise<unknown> {
  return (await once(child, 'message'))[0];
}
