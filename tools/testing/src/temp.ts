import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the test's own, gone with it. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A path for a database that does not exist yet. */
export function tempFile(name = 'vault.db'): string {
  return join(tempFolder(), name);
}
