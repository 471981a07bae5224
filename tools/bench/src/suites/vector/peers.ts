import { VectorKVault } from '@kohakuvault/vector';
import type BetterSqlite3 from 'better-sqlite3';
import { openBare } from '../../peers/better-sqlite3.ts';
import { python } from '../../peers/python.ts';
import type { Context } from '../../suite.ts';
import { DIMENSIONS, fileOf, queriesOf, TABLES, type Table } from './contents.ts';

export function openOurs(fixtures: string, table: Table): VectorKVault {
  return new VectorKVault(fileOf(fixtures, table), { dimensions: DIMENSIONS, ...TABLES[table] });
}

export async function openSqliteVec(file: string): Promise<BetterSqlite3.Database> {
  const { load } = await import('sqlite-vec');
  const database = await openBare(file);
  load(database);
  return database;
}

const WRAPPED = { f32: '?', int8: 'vec_int8(?)', bit: 'vec_bit(?)' };

/** Searches with sqlite-vec, for the same result as ours: ids, distances, and the values' bytes. */
export function sqliteVecSearch(
  database: BetterSqlite3.Database,
  table: Table,
): (query: Uint8Array, k: number) => number {
  const search = database.prepare(
    `SELECT found.rowid, found.distance, stored.value FROM
       (SELECT rowid, distance, value_ref FROM vec_kvault WHERE vector MATCH ${WRAPPED[TABLES[table].vectorType]} AND k = ?) AS found
       JOIN vec_kvault_values AS stored ON stored.id = found.value_ref ORDER BY found.distance`,
  );
  return (query, k) => search.all(query, k).length;
}

/** Returns a query in the form that sqlite-vec takes. */
export function bytesOf(query: ArrayLike<number>, table: Table): Uint8Array {
  if (query instanceof Int8Array) return new Uint8Array(query.buffer);
  if (TABLES[table].vectorType === 'f32') return new Uint8Array(Float32Array.from(query).buffer);
  const bytes = new Uint8Array(query.length / 8);
  for (let index = 0; index < query.length; index++) {
    if (query[index]) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7));
  }
  return bytes;
}

export function encodedQueries(fixtures: string, table: Table): Uint8Array[] {
  return queriesOf(fixtures, table).map((query) => bytesOf(query, table));
}

/** The Python package on the same file. */
export function pythonSearch(context: Context, table: Table, print: 'first' | 'warm'): number {
  const { metric } = TABLES[table];
  const open = `VectorKVault(${JSON.stringify(fileOf(context.fixtures, table))}, dimensions=${DIMENSIONS}, metric="${metric}")`;
  return python(
    context,
    `
import numpy as np
from kohakuvault import VectorKVault
queries = np.fromfile(${JSON.stringify(`${context.fixtures}/queries.f32`)}, dtype="<f4").reshape(-1, ${DIMENSIONS})
start = time.perf_counter_ns()
vault = ${open}
vault.search(queries[0], k=10)
first = time.perf_counter_ns() - start
turn = 0
def work():
    global turn
    turn += 1
    vault.search(queries[turn % len(queries)], k=10)
print(${print === 'first' ? 'first' : 'measure(work)'})
`,
  );
}
