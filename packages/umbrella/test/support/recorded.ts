import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../../tools/fixtures/conformance');

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
