import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import type { Ended } from '../support/command-line.ts';
import { runHere } from '../support/in-process.ts';
import { mutated, overwritten } from '../support/mutations.ts';
import { makeSound } from '../support/sound-file.ts';

/** `KOHAKUVAULT_LONG` sets the rounds of each kind; `KOHAKUVAULT_SEED` repeats earlier ones. */
const ROUNDS = Number(process.env.KOHAKUVAULT_LONG ?? 0) > 1 ? Number(process.env.KOHAKUVAULT_LONG) : 30;
const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);
const TIME_LIMIT = 60_000 + ROUNDS * 2_000;

/** Checks what every command must do: exit with a documented status, and print one line of ours. */
function expectTyped(ended: Ended, what: string): void {
  expect([0, 1, 3], `${what}: ${ended.status} ${ended.stderr}`).toContain(ended.status);
  expect(ended.stderr, what).not.toContain('a defect');
  if (ended.status !== 0) expect(ended.stderr.trimEnd().split('\n').length, what).toBe(1);
}

/** Returns the whole content of a file as text. */
function contents(file: string): string {
  using kv = new KVault(file, { readonly: true });
  using columns = new ColumnVault(file, { readonly: true });
  const show = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
  const all = columns.listColumns().map(({ name }) => [name, columns.column(name).dtype, [...columns.column(name)]]);
  return JSON.stringify([[...kv.entries()], all], show);
}

/** Makes a vault with a few things, and the files that its exports write. */
async function exported(folder: string): Promise<{ vault: Buffer; sources: [string, Buffer, string[]][] }> {
  const file = join(folder, 'source.db');
  {
    using columns = new ColumnVault(file);
    columns.createColumn('f64', 'f64').extend(Float64Array.from({ length: 40 }, (_, index) => index / 3));
    const row = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    columns.createColumn('rows', 'vec:i32:2:3').extend(Array.from({ length: 5 }, () => row));
    columns.createColumn('bytes', 'bytes:3').extend([Buffer.from('abc'), Buffer.from('def')]);
    columns.createColumn('text', 'str').extend(['one', '', 'dré', 'f,o"u\r\nr', '数据']);
    columns.createColumn('documents', 'msgpack').extend([{ a: [1, null, 'x'] }, [2.5], 'y']);
    using kv = new KVault(file);
    kv.update({ text: 'tëxt', object: { a: [1, { b: null }] }, bytes: Buffer.from([1, 2, 255]) });
    kv.update({ date: new Date(0), map: new Map([[1, 2n]]) });
    kv.set(Buffer.from([0xff]), 1.5);
  }
  const sources: [string, Buffer, string[]][] = [];
  const write = async (name: string, from: string[], to: string[]) => {
    const target = join(folder, name);
    expect(await runHere(['export', file, target, ...from])).toMatchObject({ status: 0 });
    sources.push([name, readFileSync(target), to]);
  };
  for (const name of ['f64', 'rows']) await write(`${name}.npy`, ['-c', name], ['-c', 'new']);
  for (const name of ['f64', 'rows', 'bytes', 'text']) await write(`${name}.arrow`, ['-c', name], ['-c', 'new']);
  await write('documents.arrow', ['-c', 'documents'], ['-c', 'new', '--dtype', 'msgpack']);
  for (const [name, dtype] of [
    ['f64', 'f64'],
    ['rows', 'vec:i32:2:3'],
    ['text', 'str'],
    ['documents', 'cbor'],
  ] as const) {
    await write(`${name}.csv`, ['-c', name], ['-c', 'new', '--dtype', dtype]);
  }
  await write('keys.ndjson', [], []);
  await write('rows.npy', ['-c', 'rows'], ['-c', 'f64', '--append']);
  const vault = join(folder, 'vault.db');
  {
    using columns = new ColumnVault(vault);
    columns.createColumn('f64', 'f64').extend([1, 2, 3]);
    using kv = new KVault(vault);
    kv.set('kept', 'value');
  }
  return { vault: readFileSync(vault), sources };
}

test(`imported files may have any content (seed ${SEED})`, { timeout: TIME_LIMIT }, async () => {
  const folder = tempFolder();
  const { vault, sources } = await exported(folder);
  const random = new Random(SEED);
  const file = join(folder, 'vault.db');
  const before = contents(file);
  for (let round = 0; round < ROUNDS * 4; round++) {
    const [name, bytes, words] = random.pick(sources);
    const source = join(folder, `hostile-${name}`);
    writeFileSync(source, mutated(bytes, random));
    writeFileSync(file, vault);
    const what = `seed ${SEED}, round ${round}, ${name}`;
    const ended = await runHere(['import', file, source, ...words, '--json']);
    expectTyped(ended, what);
    if (ended.status !== 0) {
      expect(contents(file), what).toBe(before);
      continue;
    }
    const { imported } = JSON.parse(ended.stdout) as { imported: number };
    if (words.includes('new')) {
      using columns = new ColumnVault(file, { readonly: true });
      expect(columns.column('new').length, what).toBe(imported);
    }
    expect(await runHere(['verify', file]), what).toMatchObject({ status: 0 });
  }
});

/** The commands that read a file, and those of them that read all of it. */
function looks(file: string, folder: string): string[][] {
  const out = (name: string) => join(folder, name);
  return [
    ['inspect', file],
    ['ls', file, '--long'],
    ['ls', file, '--json'],
    ...['text', 'number', 'object', 'bytes', 'parts', 'long text'].map((key) => ['get', file, key, '-o', out('value')]),
    ['export', file, out('keys.ndjson')],
    ...['i64', 'vec'].map((name) => ['export', file, out(`${name}.npy`), '-c', name]),
    ['export', file, out('fixed.arrow'), '-c', 'fixed'],
    ...['words', 'documents'].map((name) => ['export', file, out(`${name}.csv`), '-c', name]),
    ['export', file, out('docs.npy'), '--vectors', 'docs', '--values', out('docs.ndjson')],
  ];
}

/** Reads a damaged file in every way. `verify` must find all damage that another command finds. */
async function expectLooked(file: string, folder: string, what: string): Promise<void> {
  const verified = await runHere(['verify', file]);
  expectTyped({ ...verified, stderr: verified.stderr || 'found\n' }, `${what}: verify`);
  for (const words of looks(file, folder)) {
    const ended = await runHere(words);
    expectTyped(ended, `${what}: ${words.join(' ')}`);
    if (ended.status === 3) expect(verified.status, `${what}: ${words.join(' ')}: ${ended.stderr}`).toBe(3);
  }
  const source = join(folder, 'value');
  writeFileSync(source, 'value');
  for (const words of [
    ['put', file, 'text', source],
    ['put', file, 'parts', source, '--as', 'text'],
    ['rm', file, 'bytes'],
    ['compact', file],
  ]) {
    expectTyped(await runHere([...words, '--quiet']), `${what}: ${words.join(' ')}`);
  }
}

test(`the bytes of a database may have any content (seed ${SEED})`, { timeout: TIME_LIMIT }, async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  makeSound(file);
  const sound = readFileSync(file);
  const random = new Random(SEED + 1);
  for (let round = 0; round < ROUNDS; round++) {
    // After the magic, and not in the two bytes that select WAL mode.
    writeFileSync(file, overwritten(sound, random, random.below(3) === 0 ? 24 : 4_096));
    await expectLooked(file, folder, `seed ${SEED}, round ${round}`);
  }
});

/** Values of every storage class of SQLite. */
const VALUES = [
  'NULL',
  '0',
  '1',
  '-1',
  '2147483648',
  '4611686018427387904',
  '9223372036854775807',
  '-9223372036854775808',
  '9007199254740993',
  '1e300',
  '1.5',
  "''",
  "'x'",
  "x''",
  "x'ff'",
  'zeroblob(10000)',
  "CAST(x'ff' AS TEXT)",
];

test(`the rows of a database may have any content (seed ${SEED})`, { timeout: TIME_LIMIT }, async () => {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  makeSound(file);
  const sound = readFileSync(file);
  const places: [string, string][] = [];
  {
    using database = opened(file);
    const columns = database.prepare(
      `SELECT entry.name AS "table", info.name AS "column" FROM sqlite_schema AS entry, pragma_table_info(entry.name) AS info
        WHERE entry.type = 'table' AND entry.name NOT IN ('docs', 'sqlite_sequence')`,
    );
    for (const { table, column } of columns.all() as { table: string; column: string }[]) places.push([table, column]);
  }
  const random = new Random(SEED + 2);
  for (let round = 0; round < ROUNDS; round++) {
    writeFileSync(file, sound);
    const done: string[] = [];
    {
      using database = opened(file);
      database.pragma('foreign_keys = OFF');
      database.pragma('ignore_check_constraints = ON');
      for (let left = 1 + random.below(3); left > 0; left--) {
        const [table, column] = random.pick(places);
        const statement = statementFor(table, column, random);
        try {
          database.exec(statement);
          done.push(statement);
        } catch {
          // The table does not allow this value.
        }
      }
    }
    await expectLooked(file, folder, `seed ${SEED}, round ${round}, ${done.join('; ')}`);
  }
});

function statementFor(table: string, column: string, random: Random): string {
  const some =
    random.below(2) === 0 ? '' : ` WHERE "${column}" IN (SELECT "${column}" FROM "${table}" ORDER BY 1 LIMIT 2)`;
  switch (random.below(8)) {
    case 0:
      return `DELETE FROM "${table}"${some}`;
    case 1:
      return random.below(4) === 0
        ? `DROP TABLE "${table}"`
        : `ALTER TABLE "${table}" RENAME COLUMN "${column}" TO renamed`;
    case 2:
      return `UPDATE "${table}" SET "${column}" = substr("${column}", 1 + ${random.below(20)})${some}`;
    case 3:
      return `UPDATE "${table}" SET "${column}" = CAST(substr("${column}", 1, ${random.below(20)})
         || ${random.pick(VALUES)} || substr("${column}", 22) AS BLOB)${some}`;
    default:
      return `UPDATE "${table}" SET "${column}" = ${random.pick(VALUES)}${some}`;
  }
}

function opened(file: string): Database.Database & Disposable {
  const database = new Database(file);
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
