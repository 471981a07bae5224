import { join } from 'node:path';
import { type EncodingName, KVault } from '@kohakuvault/kvault';
import { randomIntegers } from '../../random.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { keyOf } from './contents.ts';

const ROWS = 5_000;
const MANY = 1_000;

/** A row of a table of people: nine fields, no two rows alike. */
function rowOf(index: number): object {
  return {
    id: index,
    name: `user number ${index}`,
    email: `user.${index}@example.com`,
    active: index % 3 > 0,
    created: 1_700_000_000_000 + index * 1_000,
    score: index / 7,
    country: ['de', 'jp', 'us'][index % 3],
    visits: index % 1_000,
    tags: ['new', 'red'],
  };
}

const entries = (): [string, object][] => Array.from({ length: ROWS }, (_, index) => [keyOf(index), rowOf(index)]);

const ENCODINGS: readonly EncodingName[] = ['msgpack', 'cbor', 'auto', 'json'];

/** The vault with each encoding, and lmdb with the records of msgpackr, as it has them by default. */
function each(
  ours: (vault: KVault, context: Context) => number | Promise<number>,
  theirs?: Contender,
): Record<string, Contender> {
  const contenders: Record<string, Contender> = {};
  for (const valueEncoding of ENCODINGS) {
    contenders[valueEncoding] = (context) => {
      const vault = new KVault(join(context.folder, 'rows.db'), { valueEncoding });
      vault.setMany(entries());
      return ours(vault, context);
    };
  }
  return theirs ? { ...contenders, lmdb: theirs } : contenders;
}

async function lmdbOf({ folder }: Context) {
  const { open } = await import('lmdb');
  const database = open<object, string>({ path: join(folder, 'rows'), sharedStructuresKey: Symbol.for('structures') });
  database.transactionSync(() => {
    for (const [key, row] of entries()) database.putSync(key, row);
  });
  return database;
}

const keys = () => Array.from(randomIntegers(2 ** 14, ROWS), keyOf);

export const encodingCases: Case[] = [
  {
    name: 'get a row, by valueEncoding',
    unit: 'ns',
    note: 'one of 5,000 rows of nine fields, at random. msgpack, cbor and lmdb store the keys of rows once.',
    budgets: [{ against: 'auto', atLeast: 1.2 }],
    contenders: each(
      (vault, { perOperation }) => {
        const some = keys();
        return perOperation((turn) => Object.keys(vault.get(some[turn % some.length] as string)).length);
      },
      async (context) => {
        const database = await lmdbOf(context);
        const some = keys();
        return context.perOperation((turn) => {
          return Object.keys(database.get(some[turn % some.length] as string) as object).length;
        });
      },
    ),
  },
  {
    name: 'values() of rows, by valueEncoding',
    unit: 'ns',
    note: 'per row.',
    budgets: [{ against: 'auto', atLeast: 1.2 }],
    contenders: each((vault, { perOperation }) =>
      perOperation(() => {
        let sum = 0;
        for (const row of vault.values()) sum += (row as { id: number }).id;
        return sum;
      }, ROWS),
    ),
  },
  {
    name: 'setMany of 1,000 rows, by valueEncoding',
    unit: 'ns',
    note: 'per row.',
    budgets: [{ against: 'auto', atLeast: 1 }],
    contenders: each((vault, { perOperation }) => {
      const lists = Array.from({ length: ROWS / MANY }, (_, index) =>
        entries().slice(index * MANY, (index + 1) * MANY),
      );
      return perOperation((turn) => vault.setMany(lists[turn % lists.length] as [string, object][]), MANY);
    }),
  },
  {
    name: 'stored bytes of a row, by valueEncoding',
    unit: 'bytes',
    budgets: [{ against: 'auto', atMost: 0.6 }],
    contenders: each((vault) => {
      let sum = 0;
      for (let index = 0; index < ROWS; index++) sum += vault.sizeOf(keyOf(index)) ?? 0;
      const headers = vault.valueEncoding === 'auto' ? ROWS * 10 : 0;
      return (sum + headers) / ROWS;
    }),
  },
];
