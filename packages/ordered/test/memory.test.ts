import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** `KOHAKUVAULT_LONG=1` runs the ten million that take minutes. */
const ENTRIES = process.env.KOHAKUVAULT_LONG ? 10_000_000 : 1_000_000;

test(`memory stays flat while ${ENTRIES} entries come and go`, { timeout: 1_800_000 }, async () => {
  const script = join(import.meta.dirname, 'scripts/memory.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@kohakuvault/source',
    '--expose-gc',
    // The young generation grows when V8 sees fit, in steps of megabytes, which would pass for a leak.
    '--min-semi-space-size=16',
    '--max-semi-space-size=16',
    script,
    String(ENTRIES),
  ]);
  expect(stdout).toContain('came and went');
});
