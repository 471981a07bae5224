import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the tests of one file did on a runtime. */
export interface FileResult {
  /** How many tests passed. */
  readonly passed: number;
  /** The tests that did not pass, by name, with what they threw or how they ended their process. */
  readonly failed: Readonly<Record<string, string>>;
}

/** What all tests did on a runtime. */
export interface Results {
  readonly runtime: string;
  readonly version: string;
  readonly platform: string;
  readonly betterSqlite3: string;
  /** The settings of the long run: how many workers were terminated, and whether values had 512 MiB. */
  readonly terminations: number;
  readonly large: boolean;
  /** By the path of the file with the tests. */
  readonly files: Readonly<Record<string, FileResult>>;
  /** How long calls kept the event loop from turning, in milliseconds. */
  readonly delays: Readonly<Record<string, number>>;
}

export const RESULTS = join(import.meta.dirname, '../results');

function fileOf(id: string, folder: string): string {
  return join(folder, `${id}.json`);
}

export function writeResults(id: string, results: Results, folder = RESULTS): void {
  writeFileSync(fileOf(id, folder), `${JSON.stringify(results, null, 2)}\n`);
}

/** Returns the results of a runtime; undefined if it has none yet. */
export function readResults(id: string, folder = RESULTS): Results | undefined {
  const file = fileOf(id, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
}
