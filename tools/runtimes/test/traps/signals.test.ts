// A signal ends a process that writes to a vault of each kind, and nothing is closed.
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { Program } from '../support/processes.ts';
import { stepsIn } from '../support/state.ts';

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
  '%s: everything committed is in the file, in each vault, and nothing is locked',
  async (signal) => {
    const file = tempFile();
    const writer = new Program('writes.ts', [file]);
    await writer.message();
    await writer.kill(signal);
    expect(stepsIn(file)).toBeGreaterThanOrEqual(20);
  },
);
