// Against a naive index: random changes, and queries of every kind after each.
import type { TextMatch } from '@kohakuvault/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idsOf, vaultOf } from './support/vaults.ts';

const WORDS = ['red', 'green', 'blue', 'grey', 'redder', 'x1'];

type Texts = { a: string; b: string };

/** Documents in memory. A document is a list of words in each column. */
class Naive {
  readonly documents = new Map<bigint, { texts: Texts; value: number }>();

  find(query: Query): number[] {
    const ids: number[] = [];
    for (const [id, { texts }] of this.documents) {
      const columns = (query.columns ?? ['a', 'b']).map((column) => texts[column].split(' '));
      const has = (part: Part, isPrefix: boolean) =>
        columns.some((words) =>
          words.some((_, start) =>
            part.words.every((word, nth) => {
              const found = words[start + nth];
              return isPrefix && nth === part.words.length - 1 ? found?.startsWith(word) : found === word;
            }),
          ),
        );
      const positive = query.parts.filter(({ without }) => !without);
      const negative = query.parts.filter(({ without }) => without);
      if (positive.length === 0) continue;
      const last = query.parts.at(-1);
      const test = (part: Part) => has(part, query.prefix && part === last && part.words.length === 1 && !part.quoted);
      const matches = query.match === 'any' ? positive.some(test) : positive.every(test);
      if (matches && !negative.some((part) => has(part, false))) ids.push(Number(id));
    }
    return ids.toSorted((one, other) => one - other);
  }
}

interface Part {
  words: string[];
  without: boolean;
  quoted: boolean;
}

interface Query {
  parts: Part[];
  match: TextMatch;
  prefix: boolean;
  columns: ('a' | 'b')[] | undefined;
}

const word = fc.constantFrom(...WORDS);
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));
const texts = fc.record({ a: text, b: text });
const part = fc.oneof(
  fc.record({ words: word.map((one) => [one]), without: fc.boolean(), quoted: fc.constant(false) }),
  fc.record({
    words: fc.array(word, { minLength: 1, maxLength: 3 }),
    without: fc.boolean(),
    quoted: fc.constant(true),
  }),
);
const query: fc.Arbitrary<Query> = fc.record({
  parts: fc.array(part, { maxLength: 4 }),
  match: fc.constantFrom('all', 'any'),
  prefix: fc.boolean(),
  columns: fc.constantFrom(undefined, ['a' as const], ['b' as const], ['a' as const, 'b' as const]),
});

const written = ({ parts }: Query) =>
  parts
    .map(({ words, without, quoted }) => `${without ? '-' : ''}${quoted ? `"${words.join(' ')}"` : words[0]}`)
    .join(' ');

type Change =
  | { kind: 'insert'; rows: Texts[] }
  | { kind: 'update'; place: number; texts: Partial<Texts>; value: number }
  | { kind: 'delete'; place: number }
  | { kind: 'clear' }
  | { kind: 'merge' };
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), rows: fc.array(texts, { maxLength: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      place: fc.nat(),
      texts: fc.oneof(texts, fc.record({ a: text }), fc.record({ b: text })),
      value: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), place: fc.nat() }) },
  { weight: 1, arbitrary: fc.constantFrom<Change>({ kind: 'clear' }, { kind: 'merge' }) },
);
const step = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 5 }), undo: fc.boolean(), query });

test.each(['unicode61', 'words'] as const)('%s finds what a naive index finds', (tokenizer) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const vault = vaultOf<number, 'a' | 'b'>({ columns: ['a', 'b'], tokenizer });
      const naive = new Naive();
      for (const { changes, undo, query: asked } of steps) {
        const before = new Map(naive.documents);
        try {
          vault.transaction(() => {
            for (const each of changes) apply(vault, naive, each);
            if (undo) throw new RangeError('undo');
          });
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          naive.documents.clear();
          for (const [id, document] of before) naive.documents.set(id, document);
        }
        const { match, prefix, columns } = asked;
        const found = vault.search(written(asked), { k: 1_000, match, prefix, columns, highlight: true });
        expect(
          idsOf(found).toSorted((one, other) => one - other),
          written(asked),
        ).toEqual(naive.find(asked));
        expect(vault.count(written(asked), { match, prefix, columns })).toBe(found.length);
        for (const { highlights } of found) {
          expect((highlights?.a.ranges.length ?? 0) + (highlights?.b.ranges.length ?? 0)).toBeGreaterThan(0);
        }
      }
      expect(Array.from(vault, ([id, stored, value]) => [id, { texts: stored, value }])).toEqual(
        [...naive.documents].toSorted(([one], [other]) => (one < other ? -1 : 1)),
      );
      vault.close();
    }),
    { numRuns: 60 },
  );
});

function apply(vault: ReturnType<typeof vaultOf<number, 'a' | 'b'>>, { documents }: Naive, each: Change): void {
  const ids = [...documents.keys()];
  switch (each.kind) {
    case 'insert': {
      const given = vault.insertMany(each.rows.map((row, number) => [row, number]));
      for (const [number, id] of given.entries()) {
        documents.set(id, { texts: { ...(each.rows[number] as Texts) }, value: number });
      }
      break;
    }
    case 'update': {
      const id = ids[each.place % Math.max(ids.length, 1)] ?? 999_999n;
      const stored = documents.get(id);
      expect(vault.update(id, { texts: each.texts, value: each.value })).toBe(stored !== undefined);
      if (stored) documents.set(id, { texts: { ...stored.texts, ...each.texts }, value: each.value });
      break;
    }
    case 'delete': {
      const id = ids[each.place % Math.max(ids.length, 1)] ?? 999_999n;
      expect(vault.delete(id)).toBe(documents.delete(id));
      break;
    }
    case 'clear':
      vault.clear();
      documents.clear();
      break;
    default:
      vault.merge();
  }
}
