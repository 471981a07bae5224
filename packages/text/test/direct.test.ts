// The core reads FTS5's index itself for plain words. It finds what FTS5 finds, however the index is laid out.
import { randomInt } from 'node:crypto';
import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../../../tools/testing/src/random.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const COMMON = ['the', 'of', 'a', 'ätzend', '京都'];

type Vault = TextVault<null, 'a' | 'b'>;

function randomText(random: Random): string {
  const words = random.oneIn(12) ? 600 : 8;
  return random
    .list(0, words, () => (random.oneIn(2) ? random.pick(COMMON) : `w${random.below(random.oneIn(2) ? 9 : 400)}`))
    .join(' ');
}

/** Expects the ids and scores of FTS5, which another connection has computed. */
function expectSame(vault: Vault, random: Random, weights: string): void {
  const other = new Database(vault.path);
  const select = other.prepare(
    `SELECT rowid AS id, -bm25(text_vault, ${weights}) AS score FROM text_vault WHERE text_vault MATCH ?`,
  );
  for (const words of [...COMMON.map((word) => [word]), random.list(1, 4, () => `w${random.below(20)}`), ['none']]) {
    const theirs = select.all(words.map((word) => `"${word}"`).join(' OR ')) as { id: number; score: number }[];
    const found = vault.search(words.join(' '), { k: 100_000, match: 'any' });
    const sorted = theirs.toSorted((one, two) => two.score - one.score || one.id - two.id);
    expect(
      found.map(({ id, score }) => [Number(id), score.toPrecision(10)]),
      words.join(),
    ).toEqual(sorted.map(({ id, score }) => [id, score.toPrecision(10)]));
    const only = found.filter((_, place) => place % 3 === 0).map(({ id }) => id);
    expect(vault.search(words.join(' '), { k: 5, match: 'any', filter: only }).map(({ id }) => id)).toEqual(
      only.slice(0, 5),
    );
  }
  other.close();
}

/** What is set in the index before it is filled. */
const LAYOUTS: Record<string, string[]> = {
  'as it is': [],
  'pages of 64 bytes': ["('pgsz', 64)"],
  'pages of 128 bytes that are never merged': ["('pgsz', 128)", "('automerge', 0)", "('crisismerge', 1999)"],
  'pages of 32 bytes that are merged at once': ["('pgsz', 32)", "('automerge', 2)", "('usermerge', 2)"],
  'a part is written for every few documents': ["('hashsize', 1024)", "('pgsz', 200)"],
  'the format of secure-delete': ["('pgsz', 64)", "('secure-delete', 1)"],
};

test.each(Object.entries(LAYOUTS))('%s', (_, settings) => {
  const seed = randomInt(2 ** 31);
  console.info(`direct: seed ${seed}`);
  const random = new Random(seed);
  const weights = random.oneIn(2) ? { a: 2, b: 0.25 } : { a: 1, b: 1 };
  const vault: Vault = new TextVault(tempFile(), { columns: ['a', 'b'], weights });
  onTestFinished(() => vault.close());
  for (const values of settings) vault.database.exec(`INSERT INTO text_vault(text_vault, rank) VALUES ${values}`);
  const text = () => ({ a: randomText(random), b: randomText(random) });
  for (let round = 0; round < 12; round++) {
    const ids = [...vault.keys()];
    const some = () => random.list(0, Math.min(20, ids.length), () => random.pick(ids));
    switch (random.below(5)) {
      case 0:
        vault.deleteMany(ids.length > 60 ? some() : []);
        break;
      case 1:
        for (const id of ids.length === 0 ? [] : some()) vault.update(id, { texts: text() });
        break;
      case 2:
        vault.merge(random.oneIn(2) ? { maxMs: 0 } : {});
        break;
      default:
        vault.insertMany(random.list(1, 120, () => [text()] as const));
    }
    expectSame(vault, random, `${weights.a}, ${weights.b}`);
  }
});

test('what a transaction has changed is found in it', () => {
  const vault: TextVault<null> = new TextVault(tempFile());
  onTestFinished(() => vault.close());
  const id = vault.insert('red and green');
  vault.transaction(() => {
    const second = vault.insert('red');
    expect(vault.search('red').map((found) => found.id)).toEqual([second, id]);
    vault.delete(id);
    expect(vault.search('red green', { match: 'any' }).map((found) => found.id)).toEqual([second]);
  });
  expect(vault.search('red').length).toBe(1);
  expect(vault.search('& !', { match: 'any' })).toEqual([]);
  expect(vault.search('& red', { match: 'any' }).length).toBe(1);
  expect(vault.search("don't red-green", { match: 'any' })).toEqual([]);
});

test('a damaged index is reported, or read as it is, and never more than that', () => {
  const vault: TextVault<null> = new TextVault(tempFile());
  vault.insertMany(Array.from({ length: 3_000 }, (_, number) => [`the word w${number % 7}`] as const));
  const { path } = vault;
  vault.close();
  const database = new Database(path);
  const pages = database.prepare('SELECT id, block FROM text_vault_data').all() as { id: bigint; block: Buffer }[];
  const seed = randomInt(2 ** 31);
  console.info(`direct: seed ${seed}`);
  const random = new Random(seed);
  database.unsafeMode(true);
  for (let round = 0; round < 60; round++) {
    const { id, block } = random.pick(pages);
    const bad = Buffer.from(block);
    for (let left = 1 + random.below(4); left > 0 && bad.length > 0; left--)
      bad[random.below(bad.length)] = random.below(256);
    database.prepare('UPDATE text_vault_data SET block = ? WHERE id = ?').run(bad, id);
    const damaged = new TextVault(path);
    try {
      for (const word of ['the', 'w3', 'word']) damaged.search(word, 10_000);
    } catch (error) {
      expect(['KV_CORRUPT', 'KV_ERROR'], String(error)).toContain((error as { code?: string }).code);
    }
    damaged.close();
    database.prepare('UPDATE text_vault_data SET block = ? WHERE id = ?').run(block, id);
  }
  database.close();
});
