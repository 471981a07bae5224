import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { keepMessages, message } from '../../../../tools/testing/src/messages.ts';

export { message };

/** Starts another process with a vault: `scripts/peer.ts`. It is killed if the test ends before it. */
export function start(args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, '..', 'scripts', 'peer.ts'), args, {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  onTestFinished(() => kill(child));
  return keepMessages(child);
}

/** Ends a process, in the middle of whatever it does. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
