import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A path for a database that does not exist yet, in a folder that goes with the test. */
export function tempFile(name = 'vault.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}
