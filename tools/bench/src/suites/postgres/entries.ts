import type { Case, Context } from '../../suite.ts';
import { keyvOf, textAt } from './peers.ts';
import { bare, keyAt, ours, valueAt } from './server.ts';

const ENTRIES = 100_000;
const MANY = 1_000;

function entriesOf({ quick }: Context): number {
  return quick ? 10_000 : ENTRIES;
}

/** Numbers that jump over the table. */
function somewhere(turn: number, entries: number): number {
  return (turn * 7_919 + 13) % entries;
}

export const entryCases: Case[] = [
  {
    name: 'get at random',
    unit: 'ns',
    budgets: [{ against: 'pg', atMost: 1.15 }],
    contenders: {
      kohakuvault: async (context) => {
        const entries = entriesOf(context);
        const vault = await ours(context, entries);
        return await context.perAsyncOperation(
          async (turn) => (await vault.getOrThrow(keyAt(somewhere(turn, entries)))).length,
        );
      },
      pg: async (context) => {
        const entries = entriesOf(context);
        const pool = await bare(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const key = Buffer.from(keyAt(somewhere(turn, entries)));
          const { rows } = await pool.query({
            name: 'get',
            text: 'SELECT value FROM bench WHERE key = $1',
            values: [key],
          });
          return (rows[0].value as Buffer).length;
        });
      },
      keyv: async (context) => {
        const entries = entriesOf(context);
        const keyv = await keyvOf(context, entries);
        return await context.perAsyncOperation(
          async (turn) => ((await keyv.get(keyAt(somewhere(turn, entries)))) as string).length,
        );
      },
    },
  },
  {
    name: 'set at random',
    unit: 'ns',
    note: 'fsync is off, so that the disk is not what is measured.',
    budgets: [{ against: 'pg', atMost: 1.15 }],
    contenders: {
      kohakuvault: async (context) => {
        const entries = entriesOf(context);
        const vault = await ours(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          await vault.set(keyAt(somewhere(turn, entries)), valueAt(turn));
          return 1;
        });
      },
      pg: async (context) => {
        const entries = entriesOf(context);
        const pool = await bare(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const { rowCount } = await pool.query({
            name: 'set',
            text: 'INSERT INTO bench (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
            values: [Buffer.from(keyAt(somewhere(turn, entries))), valueAt(turn)],
          });
          return rowCount ?? 0;
        });
      },
      keyv: async (context) => {
        const entries = entriesOf(context);
        const keyv = await keyvOf(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          await keyv.set(keyAt(somewhere(turn, entries)), textAt(turn));
          return 1;
        });
      },
    },
  },
  {
    name: `getMany of ${MANY.toLocaleString('en')}`,
    unit: 'ns',
    note: 'per call.',
    budgets: [{ against: 'pg', atMost: 1.3 }],
    contenders: {
      kohakuvault: async (context) => {
        const entries = entriesOf(context);
        const vault = await ours(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const keys = Array.from({ length: MANY }, (_, at) => keyAt(somewhere(turn * MANY + at, entries)));
          return (await vault.getMany(keys)).length;
        });
      },
      pg: async (context) => {
        const entries = entriesOf(context);
        const pool = await bare(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const keys = Array.from({ length: MANY }, (_, at) =>
            Buffer.from(keyAt(somewhere(turn * MANY + at, entries))),
          );
          const { rows } = await pool.query({
            name: 'many',
            text: 'SELECT key, value FROM bench WHERE key = ANY ($1::bytea[])',
            values: [keys],
          });
          const found = new Map(
            rows.map(({ key, value }: { key: Buffer; value: Buffer }) => [key.toString('latin1'), value]),
          );
          return keys.map((key) => found.get(key.toString('latin1'))).length;
        });
      },
      keyv: async (context) => {
        const entries = entriesOf(context);
        const keyv = await keyvOf(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const keys = Array.from({ length: MANY }, (_, at) => keyAt(somewhere(turn * MANY + at, entries)));
          return (await keyv.getMany(keys)).length;
        });
      },
    },
  },
  {
    name: `setMany of ${MANY.toLocaleString('en')}`,
    unit: 'ns',
    note: 'per call. The hand-written statement is INSERT ... SELECT FROM unnest, as ours.',
    budgets: [{ against: 'pg', atMost: 1.3 }],
    contenders: {
      kohakuvault: async (context) => {
        const entries = entriesOf(context);
        const vault = await ours(context, entries);
        return await context.perAsyncOperation((turn) =>
          vault.setMany(
            Array.from({ length: MANY }, (_, at) => {
              const number = turn * MANY + at;
              return [keyAt(somewhere(number, entries)), valueAt(number)] as const;
            }),
          ),
        );
      },
      pg: async (context) => {
        const entries = entriesOf(context);
        const pool = await bare(context, entries);
        return await context.perAsyncOperation(async (turn) => {
          const numbers = Array.from({ length: MANY }, (_, at) => turn * MANY + at);
          const { rowCount } = await pool.query({
            name: 'set many',
            text:
              'INSERT INTO bench (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ' +
              'ON CONFLICT (key) DO UPDATE SET value = excluded.value',
            values: [numbers.map((number) => Buffer.from(keyAt(somewhere(number, entries)))), numbers.map(valueAt)],
          });
          return rowCount ?? 0;
        });
      },
    },
  },
  {
    name: 'iterate over all entries',
    unit: 'ns',
    note: 'per entry; pg reads all rows in one statement and keeps them in memory.',
    contenders: {
      kohakuvault: async (context) => {
        const entries = entriesOf(context);
        const vault = await ours(context, entries);
        return await context.perAsyncOperation(async () => {
          let bytes = 0;
          for await (const [, value] of vault) bytes += value.length;
          return bytes;
        }, entries);
      },
      pg: async (context) => {
        const entries = entriesOf(context);
        const pool = await bare(context, entries);
        return await context.perAsyncOperation(async () => {
          const { rows } = await pool.query('SELECT key, value FROM bench ORDER BY key');
          return rows.reduce((sum: number, row: { value: Buffer }) => sum + row.value.length, 0);
        }, entries);
      },
    },
  },
];
