// Runs the Python programs of this package and of the conformance kit.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tagged } from '../../../packages/packer/test/support/intended.ts';

const CONFORMANCE = join(import.meta.dirname, '..', '..', 'fixtures', 'conformance');
const PROGRAMS = join(import.meta.dirname, '..', 'python');

/** The value that Python returns for a key or the error that it raises, and the stored bytes. */
export interface ExpectedEntry {
  key_hex: string;
  value?: Tagged | { t: 'other' };
  error?: string;
  value_hex?: string;
}

export interface ExpectedTable {
  table: string;
  count: number;
  entries: ExpectedEntry[];
}

/** A column, and the value that Python returns for each element. */
export interface ExpectedColumn {
  name: string;
  dtype: string;
  values: Tagged[];
}

/** The content that check.py expects in a table of vectors. */
export interface ExpectedVectors {
  table: string;
  dimensions: number;
  metric: string;
  rows: { id: number; vector_hex: string; value: Tagged }[];
  searches: { query: number[]; k: number; results: [id: number, distance: number][] }[];
}

/** The content that check.py expects in a table of texts. */
export interface ExpectedTexts {
  table: string;
  columns: readonly string[];
  rows: { id: number; texts: string | Record<string, string>; value: Tagged }[];
  searches: {
    query: string;
    k: number;
    escape: boolean;
    column: string | null;
    results: [id: number, score: number][];
  }[];
}

/** The content that check.py expects in a file. */
export interface Expected {
  text?: ExpectedTexts[];
  kv?: ExpectedTable[];
  columns?: ExpectedColumn[];
  vectors?: ExpectedVectors[];
}

/** Returns the path of one of this package's own programs. */
export function program(name: string): string {
  return join(PROGRAMS, name);
}

/** The environment in which Python finds the kit's modules and writes no compiled files beside them. */
export const ENVIRONMENT = { ...process.env, PYTHONPATH: CONFORMANCE, PYTHONDONTWRITEBYTECODE: '1' };

/** Runs a program to its end and returns its output. If it fails, throws with the output. */
export function runPython(python: string, path: string, args: string[], input = ''): string {
  const run = spawnSync(python, [path, ...args], { encoding: 'utf8', env: ENVIRONMENT, input, maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`${path} ended with ${endOf(run)}:\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

function endOf({ status, signal, error }: SpawnSyncReturns<string>): string {
  return error?.message ?? signal ?? `status ${status}`;
}

/** Has the kit's check.py compare a file with its expected content. Returns the line of totals that it prints. */
export function check(python: string, file: string, expected: Expected): string {
  const path = `${file}.expected.json`;
  writeFileSync(path, JSON.stringify(expected));
  return runPython(python, join(CONFORMANCE, 'check.py'), [file, path, '--max-fail', '1000']).trim();
}
