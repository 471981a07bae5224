// The locks that SQLite has on a file end when any handle of this process on that file is closed. Another process that
// closes the file then takes itself for its last user and deletes the WAL, and what is committed afterwards is lost.
// SQLite notices since 3.51; that of Python is older.
import { writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { startStudio } from '@kohakuvault/studio';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const LONG = Buffer.alloc(3_000_000, 7);

function vectorsIn(file: string): VectorKVault<number> {
  const vault = new VectorKVault<number>(file, { dimensions: 4 });
  vault.insertMany(Array.from({ length: 500 }, (_, n) => [[n, 1, 2, 3], n]));
  return vault;
}

const calls: Record<string, (kv: KVault, file: string) => unknown> = {
  putFile: (kv) => kv.putFile('film', LONG),
  'putFile of a file': (kv) => {
    const source = tempFile();
    writeFileSync(source, LONG);
    return kv.putFile('film', source);
  },
  createWriteStream: (kv) => finished(kv.createWriteStream('film').end(LONG)),
  getToFile: async (kv) => {
    kv.set('film', LONG);
    await kv.getToFile('film', tempFile());
  },
  'many writes, which the WAL takes': (kv) => {
    for (let n = 0; n < 200; n++) kv.set('film', LONG.subarray(0, 300_000 + n));
  },
  backup: (kv) => kv.backup(tempFile()),
  'createIndex and searches': async (_, file) => {
    using vault = vectorsIn(file);
    vault.createIndex();
    vault.search([1, 2, 3, 4], { mode: 'approximate' });
    await vault.searchAsync([1, 2, 3, 4]);
  },
  createIndexAsync: async (_, file) => {
    using vault = vectorsIn(file);
    await vault.createIndexAsync();
    await vault.searchAsync([1, 2, 3, 4], { mode: 'approximate' });
  },
  columns: (_, file) => {
    using vault = new ColumnVault(file);
    const column = vault.createColumn('loss', 'f64');
    column.extend(Array.from({ length: 5_000 }, (_, n) => n));
    column.slice(0, 100);
    column.sum();
  },
  'the Studio': async (_, file) => {
    const studio = await startStudio({ file, port: 0 });
    await studio.close();
  },
  texts: (_, file) => {
    using vault = new TextVault<number>(file);
    vault.insert('some words', 1);
    vault.search('words');
  },
};

export function locksOfOurs(python: string): void {
  const count = (file: string) => Number(runPython(python, program('count_keys.py'), [file]));

  test.each(Object.entries(calls))('%s leaves SQLite the locks of the file', async (_, call) => {
    const file = tempFile();
    using kv = new KVault(file);
    kv.set('first', 1);
    await call(kv, file);
    count(file);
    const before = kv.size;
    kv.set('last', 2);
    expect(count(file)).toBe(before + 1);
  });
}
