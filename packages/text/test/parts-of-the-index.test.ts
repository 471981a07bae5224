// FTS5 collects words in memory and writes them out as parts of its index. Small parts must be merged, so nothing of ours
// may have it write early.
import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const DOCUMENTS = Array.from({ length: 5_000 }, (_, at) => `document ${at} of many, ${at % 7} and ${at % 1_000}`);

/** Returns how many pages the index has had written, those that were merged since included. */
function writtenPages(database: Database.Database, table: string): number {
  const structure = database.prepare(`SELECT block FROM ${table}_data WHERE id = 10`).pluck().get() as Buffer;
  // After a cookie of four bytes come the numbers of levels, of parts, and of written pages, each as a varint.
  let [at, number] = [4, 0];
  for (let field = 0; field < 3; field++) {
    number = 0;
    for (let more = true; more; at++) {
      number = number * 128 + ((structure[at] as number) & 127);
      more = (structure[at] as number) >= 128;
    }
  }
  return number;
}

test('insertMany has FTS5 write out its index as rarely as a loop over bare inserts', () => {
  const vault = new TextVault<number>(tempFile());
  onTestFinished(() => vault.close());
  vault.insertMany(DOCUMENTS.map((text, at) => [text, at]));
  const bare = new Database(tempFile());
  onTestFinished(() => void bare.close());
  bare.exec('CREATE VIRTUAL TABLE texts USING fts5(content, value_ref UNINDEXED)');
  const insert = bare.prepare('INSERT INTO texts (content, value_ref) VALUES (?, ?)');
  bare.transaction(() => {
    for (const [at, text] of DOCUMENTS.entries()) insert.run(text, BigInt(at));
  })();
  expect(writtenPages(vault.database, 'text_vault')).toBe(writtenPages(bare, 'texts'));
});
