// A search by words and by a vector finds the same on a server as in a file.
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { asyncHybridSearch, connect } from '@kohakuvault/postgres';
import { asAsync as asAsyncTexts, hybridSearch, TextVault } from '@kohakuvault/text';
import { asAsync as asAsyncVectors, VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { rejects } from './support/contract.ts';

interface Note {
  key: string;
  group: number;
}

const WORDS = ['fox', 'dog', 'hen', 'owl', 'cat'];
const FIELDS = { year: 'i64' } as const;

test('words and vectors are searched together as in a file', async () => {
  await using database = new PGlite({ extensions: { vector: pgvector } });
  await using store = await connect(database);
  using text = new TextVault<Note>(':memory:');
  using vector = new VectorKVault<Note, 'auto', typeof FIELDS>(text, { dimensions: 3, metric: 'l2', fields: FIELDS });
  const texts = await store.texts<Note>('texts');
  const vectors = await store.vectors<Note, 'auto', typeof FIELDS>('vectors', {
    dimensions: 3,
    metric: 'l2',
    fields: FIELDS,
  });
  for (let n = 1; n <= 60; n++) {
    const words = WORDS.filter((_, at) => (n >> at) & 1).join(' ');
    const note = { key: `n${n}`, group: n % 7 };
    const point = [Math.sin(n), Math.cos(n), n / 60];
    text.insert(words, note, { id: n });
    await texts.insert(words, note, { id: n });
    // Some documents have no vector, and some vectors no document.
    const id = n % 5 === 0 ? n + 1_000 : n;
    vector.insert(point, note, { id, year: 2_000 + n });
    await vectors.insert(point, note, { id, year: 2_000 + n });
  }
  const embedding = [0.5, 0.5, 0.5];
  const asked = [
    {},
    { k: 3 },
    { k: 0 },
    { k: 100 },
    { k: 5, fusion: 'relative', weights: { text: 2, vector: 1 }, match: 'all' },
    { where: { year: { $gte: 2_030 } } },
    { where: { year: { $gte: 2_030 } }, key: ({ key }: Note) => key },
    { where: ({ group }: Note) => group === 3 },
    { distinctBy: ({ group }: Note) => group, k: 6 },
    { key: ({ key }: Note) => key, k: 20 },
    { where: { year: 1 } },
  ] as const;
  const vaults = [
    { text: texts, vector: vectors },
    { text: asAsyncTexts(text), vector: asAsyncVectors(vector) },
  ];
  for (const more of asked) {
    const options = { query: 'fox owl', embedding, ...more };
    const shown = (found: readonly { score: number }[]) =>
      found.map(({ score, ...rest }) => ({ ...rest, score: score.toPrecision(6) }));
    const expected = shown(hybridSearch({ text, vector }, options));
    for (const both of vaults) {
      expect(shown(await asyncHybridSearch(both, options)), JSON.stringify(more)).toEqual(expected);
    }
  }
  const both = { text: texts, vector: vectors };
  for (const wrong of [{}, { query: 'a' }, { query: 'a', embedding, k: -1 }, { query: 'a', embedding, limit: 1 }]) {
    await rejects('KV_INVALID_ARGUMENT', () => asyncHybridSearch(both, wrong as never), JSON.stringify(wrong));
  }
  await rejects('KV_INVALID_ARGUMENT', () => asyncHybridSearch({ text: texts } as never, { query: 'a', embedding }));
});
