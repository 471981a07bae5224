// An iteration works as that of `Map`: it gives each entry as it is when it is reached, no matter who has changed it.

import { UNDOINGS } from '@kohakuvault/contract';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

const COUNT = 1_200;
const keyOf = (n: number) => `key ${String(n).padStart(5, '0')}`;
const bytes = (text: string) => Buffer.from(text);

function filled(options = {}) {
  const file = tempFile();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const kv = new KVault<Buffer>(db, options);
  kv.setMany(Array.from({ length: COUNT }, (_, n) => [keyOf(n), bytes(`old ${n}`)]));
  return { file, db, kv };
}
type Filled = ReturnType<typeof filled>;

interface Writer {
  delete(key: string): void;
  set(key: string, value: Buffer): void;
}

/** The writers that change the table while it is iterated. */
const WRITERS: Record<string, (open: Filled) => Writer> = {
  'the vault itself': ({ kv }) => kv,
  'the vault itself, in a transaction': ({ kv }) => ({
    delete: (key) => kv.transaction(() => kv.delete(key)),
    set: (key, value) => kv.transaction(() => kv.set(key, value)),
  }),
  'its cache': ({ kv }) => {
    kv.enableCache();
    return kv;
  },
  'the other vault on the connection': ({ kv }) => new KVault(kv),
  'the cache of the other vault': ({ kv }) => {
    const other = new KVault(kv);
    other.enableCache();
    return other;
  },
  'a vault on a connection of its own': ({ file }) => {
    const other = new KVault(file);
    onTestFinished(() => other.close());
    return other;
  },
  'SQL of the user on the connection': ({ db }) => ({
    delete: (key) => db.prepare('DELETE FROM kv WHERE key = ?').run(bytes(key)),
    set: (key, value) => db.prepare('INSERT OR REPLACE INTO kv VALUES (?, ?)').run(bytes(key), value),
  }),
};

type Reading = (kv: KVault<Buffer>, reverse: boolean) => Iterable<unknown>;
const READINGS: Record<string, Reading> = {
  keys: (kv, reverse) => kv.keys({ reverse }),
  values: (kv, reverse) => kv.values({ reverse }),
  entries: (kv, reverse) => kv.entries({ reverse }),
};
/** What each kind of iteration gives of an entry. */
const PARTS: Record<string, (key: string, value: Buffer) => unknown> = {
  keys: (key) => key,
  values: (_, value) => value,
  entries: (key, value) => [key, value],
};

describe.each(Object.entries(WRITERS))('%s', (_, writerOf) => {
  test.each(Object.keys(READINGS).flatMap((name) => [[name, false] as const, [name, true] as const]))(
    '%s (reverse: %s) do not give what was deleted or replaced',
    (name, reverse) => {
      const open = filled();
      const writer = writerOf(open);
      const part = PARTS[name] as (key: string, value: Buffer) => unknown;
      const order = (n: number) => (reverse ? COUNT - 1 - n : n);
      const seen: unknown[] = [];
      for (const item of READINGS[name]?.(open.kv, reverse) ?? []) {
        seen.push(item);
        if (seen.length === 3) {
          // The next entry, one on the same page, one at its end and one far behind it are changed; new ones are added.
          for (const n of [3, 40, 511, 900]) writer.delete(keyOf(order(n)));
          for (const n of [4, 50, 512, 901]) writer.set(keyOf(order(n)), bytes(`new ${n}`));
          writer.set(`${keyOf(order(60))}+`, bytes('between'));
        }
        if (seen.length === 700) {
          writer.delete(keyOf(order(705)));
          writer.set(keyOf(order(706)), bytes('late'));
        }
      }
      const expected: unknown[] = [];
      for (let n = 0; n < COUNT; n++) {
        const key = keyOf(order(n));
        const between = () => expected.push(part(`${keyOf(order(60))}+`, bytes('between')));
        if (n === 60 && reverse) between();
        const value = [4, 50, 512, 901].includes(n)
          ? bytes(`new ${n}`)
          : n === 706
            ? bytes('late')
            : bytes(`old ${order(n)}`);
        if (![3, 40, 511, 900, 705].includes(n)) expected.push(part(key, value));
        if (n === 60 && !reverse) between();
      }
      expect(seen).toEqual(expected);
    },
  );
});

/** Some of the ways to undo work: by us, by the user in part, and by the user as a whole. */
const WAYS = ['transaction()', 'ROLLBACK TO in BEGIN', 'ROLLBACK of an open SAVEPOINT'] as const;

test.each(WAYS)('what %s in the loop undoes is not yielded', (way) => {
  const { db, kv } = filled();
  const seen: string[] = [];
  for (const [key, value] of kv.entries()) {
    expect(value.toString(), key).toBe(`old ${Number(key.slice(4))}`);
    if (seen.push(key) % 100 !== 5) continue;
    const change = () => {
      kv.delete(keyOf(seen.length + 1));
      kv.set(keyOf(seen.length + 2), bytes('undone'));
      kv.set(`${key}+`, bytes('undone'));
      expect(kv.has(keyOf(seen.length + 1))).toBe(false);
    };
    UNDOINGS[way]({ vault: kv, database: db }, change);
  }
  expect(seen).toHaveLength(COUNT);
});

test('the transaction in which the loop began may be rolled back during the loop', () => {
  const { db, kv } = filled();
  db.exec('BEGIN');
  kv.setMany([
    ['key', bytes('undone')],
    [keyOf(1), bytes('undone')],
  ]);
  kv.delete(keyOf(2));
  const seen: string[] = [];
  for (const [key, value] of kv.entries({ lt: keyOf(10) })) {
    seen.push(`${key}: ${value}`);
    if (seen.length === 1) db.exec('ROLLBACK');
  }
  expect(seen).toEqual(['key: undone', ...Array.from({ length: 10 }, (_, n) => `${keyOf(n)}: old ${n}`)]);
});

test('values too long for a page come as they are when they are reached', () => {
  const { kv } = filled({ maxBlobBytes: 200_000 });
  for (const n of [2, 3, 4]) kv.set(keyOf(n), Buffer.alloc(300_000, n));
  const seen: [string, Buffer][] = [];
  for (const entry of kv.entries({ lt: keyOf(7) })) {
    seen.push(entry);
    if (seen.length === 2) {
      kv.set(keyOf(2), Buffer.alloc(300_000, 9));
      kv.delete(keyOf(3));
      kv.set(keyOf(5), Buffer.alloc(250_000, 8));
    }
  }
  expect(seen.map(([key, value]) => [key, value.length, value[0]])).toEqual([
    [keyOf(0), 5, 111],
    [keyOf(1), 5, 111],
    [keyOf(2), 300_000, 9],
    [keyOf(4), 300_000, 4],
    [keyOf(5), 250_000, 8],
    [keyOf(6), 5, 111],
  ]);
});

describe('what is pending', () => {
  test('is iterated completely after the store of pending writes was compacted', () => {
    using kv = new KVault(tempFile());
    kv.enableCache({ autoFlush: false });
    kv.lockCache(() =>
      kv.transaction(() => {
        for (let round = 0; round < 300; round++) {
          kv.set('often', Buffer.alloc(8_000, round));
          if (round === 150) expect([...kv.keys()]).toEqual(['often']);
          if (round === 200) {
            kv.set('other', 1);
            expect([...kv.keys()]).toEqual(['often', 'other']);
          }
        }
        expect([...kv.keys()]).toEqual(['often', 'other']);
        expect([...kv.keys({ reverse: true })]).toEqual(['other', 'often']);
        expect([...kv.entries()]).toEqual([
          ['often', Buffer.alloc(8_000, 299)],
          ['other', 1],
        ]);
      }),
    );
    expect([...kv.keys()]).toEqual(['often', 'other']);
  });

  test('over random sets, deletions, rollbacks and reads', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 5 }),
      length: fc.integer({ min: 0, max: 60_000 }),
      do: fc.constantFrom('set', 'set', 'set', 'delete', 'read', 'undo'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 80, maxLength: 160 }), (steps) => {
        using kv = new KVault<Buffer>(tempFile());
        const model = new Map<string, Buffer>();
        const same = () => {
          const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
          const shown = (entries: Iterable<[string, Buffer]>) =>
            Array.from(entries, ([key, value]) => `${key}: ${value.length} times ${value[0]}`);
          expect(shown(kv.entries())).toEqual(shown(sorted));
          expect([...kv.keys({ reverse: true })]).toEqual(sorted.map(([key]) => key).reverse());
        };
        const apply = (
          each: (typeof steps)[number],
          to: { set(key: string, value: Buffer): unknown; delete(key: string): unknown },
        ) => {
          if (each.do === 'delete') to.delete(`key ${each.key}`);
          else to.set(`key ${each.key}`, Buffer.alloc(each.length, each.key));
        };
        kv.enableCache({ autoFlush: false });
        kv.lockCache(() =>
          kv.transaction(() => {
            for (const each of steps) {
              if (each.do === 'read') same();
              else if (each.do === 'undo') {
                expect(() =>
                  kv.transaction(() => {
                    apply(each, kv);
                    throw new Error('undone');
                  }),
                ).toThrow('undone');
              } else {
                apply(each, kv);
                apply(each, model);
              }
            }
            same();
          }),
        );
        same();
      }),
      { seed, numRuns: 20 },
    );
  });
});
