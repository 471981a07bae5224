import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = (name: string, ...more: string[]) =>
  promisify(execFile)(process.execPath, [
    '--conditions=@kohakuvault/source',
    '--expose-gc',
    ...more.filter((one) => one.startsWith('--')),
    join(import.meta.dirname, 'scripts', name),
    ...more.filter((one) => !one.startsWith('--')),
  ]);

test('long keys and long values leave no memory behind', async () => {
  const { stdout } = await run('long-keys.ts');
  expect(stdout).toContain('nothing was kept');
});

/** `KOHAKUVAULT_LONG=1` runs ten million, which take minutes. */
const ENTRIES = process.env.KOHAKUVAULT_LONG ? 10_000_000 : 1_000_000;

test(`memory stays flat while ${ENTRIES} entries come and go`, { timeout: 1_800_000 }, async () => {
  const { stdout } = await run(
    'memory.ts',
    // V8 grows the young generation in steps of megabytes, which would look like a leak.
    '--min-semi-space-size=16',
    '--max-semi-space-size=16',
    String(ENTRIES),
  );
  expect(stdout).toContain('came and went');
});
