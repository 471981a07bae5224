// The real Python package reads and changes our files, and we read its changes.
import { readFileSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { CONVERTED, EXAMPLES, FORCED } from '../../../../packages/packer/test/support/examples.ts';
import type { Tagged } from '../../../../packages/packer/test/support/intended.ts';
import { CASES, expected, HEADERS_OFF } from '../../../../packages/packer/test/support/kv-cases.ts';
import { difference } from '../../../../packages/packer/test/support/same.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { check, type ExpectedEntry, type ExpectedTable, program, runPython } from '../../src/kit.ts';

interface Recorded {
  name: string;
  hex: string;
  python?: Tagged | { t: 'cycle' };
  error?: string;
}

interface Example {
  given: unknown;
  read: unknown;
}

/** Every value of the format's table, alone and nested, by a name that is its key too. */
const VALUES = new Map<string, Example>([
  ...[...EXAMPLES].map(([name, value]): [string, Example] => [name, { given: value, read: value }]),
  ...CONVERTED,
  ...FORCED,
]);

/** Keys of every kind. Their values are their own bytes. */
const KEYS = ['', '00', 'ff', 'ffff', '61', '61ff', '61ffff', 'd0bad0bbd18ed187', 'f09f9880', '61'.repeat(100_000)];

/** The values that Python reads, as recorded with the packer's examples. */
function recordedEntries(): ExpectedEntry[] {
  const url = new URL('../../../fixtures/packer/values.json', import.meta.url);
  const recorded: Recorded[] = JSON.parse(readFileSync(url, 'utf8'));
  return recorded.map(({ name, hex, python, error }) => ({
    key_hex: Buffer.from(name).toString('hex'),
    value_hex: hex,
    ...(python && { value: python.t === 'cycle' ? { t: 'other' } : python }),
    ...(error && { error: error.slice(0, error.indexOf(':')) }),
  }));
}

function keyEntries(): ExpectedEntry[] {
  return KEYS.map((hex) => ({ key_hex: hex, value: { t: 'bytes', hex }, value_hex: hex }));
}

function tableOf(table: string, entries: ExpectedEntry[]): ExpectedTable {
  return { table, count: entries.length, entries };
}

/** Writes in every way: single, many, cached with overwrites and deletes, in transactions that fail. */
function writeFile(file: string): void {
  using values = new KVault(file);
  const [first = [], second = [], third = []] = thirds([...VALUES]);
  for (const [name, { given }] of first) values.set(name, given);
  values.setMany(second.map(([name, { given }]) => [name, given]));
  values.cache(() => {
    for (const [name] of third) values.set(name, 'to be overwritten').set(`${name}, deleted`, 1);
    for (const [name, { given }] of third) values.set(name, given).delete(`${name}, deleted`);
  });
  const undone = new Error('undone');
  const fails = () =>
    values.transaction(() => {
      values.set('never', 1).delete('0');
      throw undone;
    });
  expect(fails).toThrow(undone);

  using keys = new KVault(values, { table: 'keys' });
  for (const hex of KEYS) keys.set(Buffer.from(hex, 'hex'), Buffer.from(hex, 'hex'));
}

function thirds<T>(list: T[]): T[][] {
  const third = Math.ceil(list.length / 3);
  return [list.slice(0, third), list.slice(third, 2 * third), list.slice(2 * third)];
}

export function filesOfOurs(python: string): void {
  test.each(['as it was written', 'in the order of its keys'])('Python reads it %s, bytes and all', (order) => {
    const file = tempFile();
    writeFile(file);
    if (order !== 'as it was written') expect(putInOrder(file)).toBeGreaterThan(100);
    const tables = [tableOf('kv', recordedEntries()), tableOf('keys', keyEntries())];
    expect(check(python, file, { kv: tables })).toMatch(/^[1-9]\d+ passed, 0 failed$/);
  });

  test('after Python has added, overwritten and deleted, both read what each has written', () => {
    const file = tempFile();
    writeFile(file);
    putInOrder(file);
    const names = [...VALUES.keys()];
    const [overwritten, deleted] = [names.slice(0, 40), names.slice(40, 60)];
    const kept = names.slice(60);
    const cases = CASES.filter(({ mode }) => mode === 'default').slice(0, HEADERS_OFF);
    const keyOf = (index: number) => overwritten[index] ?? `python ${index}`;
    const changes = [
      ...cases.map(({ value }, index) => ({ key_hex: hexOf(keyOf(index)), value })),
      ...deleted.map((name) => ({ key_hex: hexOf(name) })),
    ];

    const printed = runPython(python, program('go_on.py'), [file, 'kv'], JSON.stringify(changes));
    expect(check(python, file, { kv: [tableOf('kv', JSON.parse(printed))] })).toMatch(/^[1-9]\d+ passed, 0 failed$/);

    using vault = new KVault(file);
    for (const [index, written] of cases.entries()) {
      expect(difference(vault.get(keyOf(index)), expected(written)), written.desc).toBeUndefined();
    }
    for (const name of deleted) expect(vault.has(name)).toBe(false);
    for (const name of kept) expect(difference(vault.get(name), VALUES.get(name)?.read), name).toBeUndefined();
    expect(vault.size).toBe(cases.length + kept.length);
  });
}

/** Puts the rows of both tables in the order of their keys. Returns how many moved. */
function putInOrder(file: string): number {
  using values = new KVault(file);
  using keys = new KVault(values, { table: 'keys' });
  const before = values.database.prepare('SELECT rowid, key FROM kv ORDER BY rowid').all();
  values.compact({ order: 'keys' });
  keys.compact({ order: 'keys' });
  const after = values.database.prepare('SELECT rowid, key FROM kv ORDER BY rowid').all() as { key: Buffer }[];
  expect(after.map(({ key }) => key)).toEqual(after.map(({ key }) => key).sort(Buffer.compare));
  return after.filter((row, index) => !row.key.equals((before[index] as { key: Buffer }).key)).length;
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}
