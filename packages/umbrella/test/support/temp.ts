import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const FIXTURES = resolve(import.meta.dirname, '../../../../tools/fixtures/conformance');

/** A folder that is removed when the test has ended. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a file that the Python package wrote, alone in a folder. */
export function recorded(name: string): string {
  const file = join(tempFolder(), name);
  copyFileSync(join(FIXTURES, name), file);
  return file;
}

/** What is in a folder, to tell whether anything in it has changed. */
export function fingerprint(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );
}
