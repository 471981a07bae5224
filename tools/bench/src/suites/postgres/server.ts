import { connect, type PostgresKVault } from '@kohakuvault/postgres';
import pg from 'pg';
import { findServer, LocalServer } from '../../../../../packages/postgres/test/support/local-server.ts';
import type { Context } from '../../suite.ts';

/** Starts a server for one contender. It ends with the contender's process. */
export async function startServer({ unavailable }: Context): Promise<string> {
  const programs = findServer();
  if (programs === undefined) return unavailable('there is no PostgreSQL 15 or newer in /usr/lib/postgresql');
  return (await LocalServer.start(programs)).url;
}

export const VALUE_BYTES = 100;

export function keyAt(number: number): string {
  return `key:${String(number).padStart(8, '0')}`;
}

export function valueAt(number: number): Buffer {
  const value = Buffer.alloc(VALUE_BYTES, number & 0xff);
  value.writeUInt32LE(number);
  return value;
}

/** Returns a table of ours, with as many entries. */
export async function ours(context: Context, entries: number): Promise<PostgresKVault<Buffer>> {
  const store = await connect(await startServer(context));
  const vault = await store.kvault<Buffer>('bench');
  for (let first = 0; first < entries; first += 10_000) {
    const numbers = Array.from({ length: Math.min(10_000, entries - first) }, (_, at) => first + at);
    await vault.setMany(numbers.map((number) => [keyAt(number), valueAt(number)] as const));
  }
  await store.transaction((tx) => tx.query('ANALYZE bench'), { isolation: 'repeatable read' });
  return vault;
}

/** Returns a pool on a table as one would make it by hand, with as many entries. */
export async function bare(context: Context, entries: number): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: await startServer(context) });
  pool.on('error', () => {});
  await pool.query('CREATE TABLE bench (key bytea PRIMARY KEY, value bytea NOT NULL)');
  await pool.query(
    `INSERT INTO bench SELECT convert_to('key:' || lpad(n::text, 8, '0'), 'UTF8'), decode(repeat('ab', ${VALUE_BYTES}), 'hex') ` +
      'FROM generate_series(0, $1::int - 1) AS numbers (n)',
    [entries],
  );
  await pool.query('ANALYZE bench');
  return pool;
}
