import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { KVault } from '@kohakuvault/kvault';
import { line } from './lines.ts';
import { attempts, type Changed, Kept, type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

type State = Map<string, unknown>;

interface Vaults extends Opened {
  kv: KVault;
}

/** The length above which values are in parts, in bytes. */
const PART = 9_000;

const PATTERN = Buffer.from(Uint8Array.from({ length: 256 }, (_, at) => at * 7));

function bytes(length: number, start: number): Buffer {
  return Buffer.alloc(length, PATTERN.subarray(start));
}

const set = (key: string, value: unknown): Step<Vaults, State> => ({
  name: `set ${key}`,
  run: ({ kv }) => kv.set(key, value),
  change: (state) => state.set(key, value),
});

const pending = <V, S>(step: Step<V, S>): Step<V, S> => ({ ...step, name: `cached ${step.name}`, cached: 'later' });

const many = (count: number, length: number, name: string) =>
  Array.from({ length: count }, (_, at) => [`${name} ${at}`, bytes(length, at)] as [string, Buffer]);

function setAll(state: State, entries: [string, unknown][]): void {
  for (const [key, value] of entries) state.set(key, value);
}

const remove = (key: string): Step<Vaults, State> => ({
  name: `delete ${key}`,
  run: ({ kv }, state) => assert.equal(kv.delete(key), state.has(key)),
  change: (state) => state.delete(key),
});

class Undone extends Error {}

const steps: Step<Vaults, State>[] = [
  set('short', 1),
  set('text', 'two'),
  set('long', bytes(5_000, 1)),
  set('parts', bytes(20_000, 2)),
  {
    name: 'setMany',
    run: ({ kv }) => kv.setMany(many(30, 900, 'row')),
    change: (state) => setAll(state, many(30, 900, 'row')),
  },
  set('parts', bytes(15_000, 3)),
  remove('row 7'),
  remove('missing'),
  {
    name: 'pop',
    run: ({ kv }, state) => assert.equal(line(kv.pop('row 8')), line(state.get('row 8'))),
    change: (state) => state.delete('row 8'),
  },
  {
    name: 'setDefault',
    run: ({ kv }) => kv.setDefault('default', 'new'),
    change: (state) => {
      if (!state.has('default')) state.set('default', 'new');
    },
  },
  {
    name: 'deleteMany',
    run: ({ kv }) => kv.deleteMany(['row 1', 'row 2', 'missing', 'row 3']),
    change: (state) => {
      for (const key of ['row 1', 'row 2', 'row 3']) state.delete(key);
    },
  },
  {
    name: 'transaction',
    run: ({ kv }) =>
      kv.transaction(() => {
        kv.set('short', 2);
        kv.delete('text');
        kv.setMany(many(12, 2_000, 'inside'));
        kv.set('parts', bytes(12_000, 4));
      }),
    change: (state) => {
      state.set('short', 2).delete('text');
      setAll(state, many(12, 2_000, 'inside'));
      state.set('parts', bytes(12_000, 4));
    },
  },
  {
    name: 'transaction that leaves out what fails',
    run: ({ kv }): Changed<State> =>
      kv.transaction(() =>
        attempts<State>([
          [() => kv.set('a', bytes(10_000, 5)), (state) => state.set('a', bytes(10_000, 5))],
          [() => kv.setMany(many(10, 3_000, 'out')), (state) => setAll(state, many(10, 3_000, 'out'))],
          [() => kv.delete('a'), (state) => state.delete('a')],
          [() => kv.set('b', bytes(3_000, 6)), (state) => state.set('b', bytes(3_000, 6))],
          [() => kv.pop('inside 3'), (state) => state.delete('inside 3')],
        ]),
      ),
  },
  {
    name: 'transaction that is undone',
    run: ({ kv }) => {
      try {
        kv.transaction(() => {
          kv.setMany(many(20, 1_500, 'undone'));
          kv.clear();
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
  },
  {
    name: 'transaction around one that is undone',
    run: ({ kv }) =>
      kv.transaction(() => {
        kv.set('outer', bytes(2_500, 7));
        try {
          kv.transaction(() => {
            kv.setMany(many(20, 1_500, 'undone'));
            throw new Undone();
          });
        } catch (error) {
          if (!(error instanceof Undone)) throw error;
        }
        kv.set('last', 3);
      }),
    change: (state) => state.set('outer', bytes(2_500, 7)).set('last', 3),
  },
  {
    name: 'putFile of bytes',
    run: ({ kv }) => kv.putFile('file', bytes(30_000, 8), { chunkSize: 4_096 }),
    change: (state) => state.set('file', bytes(30_000, 8)),
  },
  {
    name: 'putFile of an iterable',
    run: ({ kv }) => kv.putFile('gathered', [bytes(5_000, 9), bytes(5_000, 10)], { chunkSize: 4_096 }),
    change: (state) => state.set('gathered', Buffer.concat([bytes(5_000, 9), bytes(5_000, 10)])),
  },
  {
    name: 'createWriteStream',
    run: ({ kv }) => pipeline([bytes(6_000, 11), bytes(3_000, 12)], kv.createWriteStream('written')),
    change: (state) => state.set('written', Buffer.concat([bytes(6_000, 11), bytes(3_000, 12)])),
  },
  {
    name: 'createReadStream',
    run: async ({ kv }, state) => {
      if (!state.has('file')) return;
      const read = await buffer(kv.createReadStream('file', { chunkSize: 4_096 }));
      assert.equal(line(read), line(state.get('file')));
    },
  },
  {
    name: 'openBlob',
    run: ({ kv }, state) => {
      if (!state.has('file')) return;
      using blob = kv.openBlob('file', { writable: true });
      blob.write(7_000, Buffer.alloc(9_000, 1));
    },
    change: (state) => {
      const value = state.get('file') as Uint8Array | undefined;
      if (value) state.set('file', Buffer.from(value).fill(1, 7_000, 16_000));
    },
  },
  {
    name: 'getMany',
    run: ({ kv }, state) => {
      const keys = ['short', 'parts', 'row 5', 'missing'];
      assert.equal(line(kv.getMany(keys).map(line)), line(keys.map((key) => line(state.get(key)))));
    },
  },
  { name: 'checkpoint', run: ({ kv }) => kv.checkpoint('truncate') },
  { name: 'enableCache', run: ({ kv }) => kv.enableCache({ capBytes: 20_000, flushThreshold: 12_000 }), needed: true },
  pending(set('short', 4)),
  pending(set('cached', bytes(4_000, 13))),
  pending(remove('row 9')),
  pending(set('cached 2', bytes(5_000, 14))),
  // This reaches the threshold.
  pending(set('cached 3', bytes(5_000, 15))),
  pending(set('cached 4', bytes(4_000, 16))),
  // More than the cache takes.
  pending(set('cached long', bytes(25_000, 17))),
  pending(remove('cached 2')),
  {
    name: 'setMany while writes are pending',
    run: ({ kv }) => kv.setMany(many(5, 1_000, 'cached row')),
    change: (state) => setAll(state, many(5, 1_000, 'cached row')),
    cached: 'later',
  },
  { name: 'flushCache', run: ({ kv }) => kv.flushCache() },
  pending(set('cached', 'again')),
  {
    name: 'transaction with a cache',
    run: ({ kv }) =>
      kv.transaction(() => {
        kv.set('in cache', bytes(3_000, 18));
        kv.delete('cached 3');
        kv.set('cached', 'and again');
      }),
    change: (state) => state.set('in cache', bytes(3_000, 18)).set('cached', 'and again').delete('cached 3'),
  },
  pending(set('before', 'the transaction that is undone')),
  {
    name: 'transaction with a cache that is undone',
    run: ({ kv }) => {
      try {
        kv.transaction(() => {
          kv.set('before', 'undone');
          kv.setMany(many(10, 1_500, 'undone'));
          throw new Undone();
        });
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
      }
    },
    cached: 'later',
  },
  {
    name: 'lockCache',
    run: ({ kv }) =>
      kv.lockCache(() => {
        kv.set('locked', bytes(2_000, 19));
      }),
    change: (state) => state.set('locked', bytes(2_000, 19)),
    cached: 'later',
  },
  {
    name: 'putFile while writes are pending',
    run: ({ kv }) => kv.putFile('before', bytes(5_000, 20)),
    change: (state) => state.set('before', bytes(5_000, 20)),
    cached: 'past what is pending',
  },
  pending(set('pending', bytes(4_000, 21))),
  { name: 'disableCache', run: ({ kv }) => kv.disableCache(), needed: true },
  {
    name: 'cache(body)',
    run: ({ kv }) => {
      const change = (state: State) => state.set('scoped', bytes(1_000, 22)).set('scoped 2', 5).delete('row 10');
      let done = false;
      try {
        kv.cache({ autoFlush: false }, () => {
          kv.set('scoped', bytes(1_000, 22));
          kv.set('scoped 2', 5);
          kv.delete('row 10');
          done = true;
        });
      } catch (error) {
        throw done ? new Kept(change, error) : error;
      }
    },
    change: (state) => state.set('scoped', bytes(1_000, 22)).set('scoped 2', 5).delete('row 10'),
  },
  set('after', bytes(1_000, 23)),
  remove('row 11'),
  set('after 2', 6),
  { name: 'optimize', run: ({ kv }) => kv.optimize() },
  set('after 3', bytes(6_000, 24)),
  { name: 'clear', run: ({ kv }) => kv.clear(), change: (state) => state.clear() },
  { name: 'enableCache again', run: ({ kv }) => kv.enableCache({ autoFlush: false }), needed: true },
  pending(set('at the end', bytes(2_000, 25))),
  pending(set('at the end 2', 7)),
];

/** A KVault: direct and cached writes, transactions, streams. The last writes are pending when it closes. */
export const kvault: Scenario<Vaults, State> = {
  empty: new Map(),
  copy: (state) => new Map(state),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => ({
      kv: keep(new KVault(source, { ...options, maxBlobBytes: PART })),
    })),
  close: ({ closeAll }) => closeAll(),
  database: ({ kv }) => kv.database,
  steps,
  see({ kv }) {
    const found = [...kv.entries()].map(([key, value]) => `${key}: ${line(value)}`);
    assert.equal(kv.size, found.length, 'size is not the number of entries');
    for (const key of ['short', 'parts', 'cached']) assert.equal(kv.has(key), kv.get(key) !== undefined);
    return found;
  },
  show: (state) =>
    [...state]
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([key, value]) => `${key}: ${line(value)}`),
};
