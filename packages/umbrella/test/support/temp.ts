import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const FIXTURES = resolve(import.meta.dirname, '../../../../tools/fixtures/conformance');

/** Makes a folder that is removed after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Copies a file of the Python package into its own folder. */
export function recorded(name: string): string {
  const file = join(tempFolder(), name);
  copyFileSync(join(FIXTURES, name), file);
  return file;
}

/** Returns the hashes of the files in a folder, to detect changes. */
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
