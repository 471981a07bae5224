// Files of strangers, and files that are damaged: FTS5 reads its index, and no raw error reaches the user.
import { KohakuVaultError, TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Random } from '../../../tools/testing/src/random.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { idsOf, vaultOf, vaultWith } from './support/vaults.ts';

test('a file of strangers is searched readonly', () => {
  const vault = vaultWith(['one word', 'two words']);
  vault.checkpoint('truncate');
  const strange = vaultOf<number>({ untrusted: true }, vault.path);
  expect(idsOf(strange.search('word*', { match: 'raw', highlight: true, snippet: true }))).toEqual([1, 2]);
  expect([strange.getById(2)?.value, strange.size, strange.suggest('wo').length]).toEqual([1, 2, 2]);
  expect(codeOf(() => strange.insert('more', 1))).toBe('KV_READONLY');
});

test('a trigger or a view beside texts is refused', () => {
  const vault = vaultWith(['one word']);
  vault.database.exec('CREATE TRIGGER t AFTER INSERT ON text_vault_values BEGIN SELECT 1; END');
  expect(codeOf(() => vaultOf({ untrusted: true }, vault.path))).toBe('KV_UNTRUSTED');
});

test('an index that is damaged anywhere is an error of ours, or is not noticed', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const file = tempFile();
  const vault = vaultOf<number>({}, file);
  for (let part = 0; part < 6; part++) {
    vault.insertMany(Array.from({ length: 40 }, (_, number) => [`word${number} and more words ${part}`, number]));
  }
  vault.close();
  for (let round = 0; round < 60; round++) {
    const damaged = tempFile();
    const database = new Database(file);
    database.exec(`VACUUM INTO '${damaged}'`);
    database.close();
    const writer = new Database(damaged);
    writer.unsafeMode(true);
    const rows = writer.prepare('SELECT id, block FROM text_vault_data').all() as { id: number; block: Buffer }[];
    const { id, block } = rows[random.below(rows.length)] as { id: number; block: Buffer };
    for (let times = 0; times < 3; times++) block[random.below(block.length)] = random.below(256);
    writer.prepare('UPDATE text_vault_data SET block = ? WHERE id = ?').run(block, id);
    writer.close();
    using opened = new TextVault<number>(damaged);
    for (const call of [
      () => opened.search('word1 words', { highlight: true, snippet: true }),
      () => opened.search('wo', { prefix: true, k: 1_000 }),
      () => opened.count('words'),
      () => opened.suggest('wo'),
      () => [...opened],
      () => opened.insert('another word', 1),
      () => opened.delete(5),
      () => opened.merge(),
    ]) {
      try {
        call();
      } catch (error) {
        expect(error).toBeInstanceOf(KohakuVaultError);
        expect((error as KohakuVaultError).code, (error as Error).message).toBe('KV_CORRUPT');
      }
    }
  }
});
