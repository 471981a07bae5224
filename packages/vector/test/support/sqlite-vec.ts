import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import type { Found } from './oracle.ts';

/** Returns what sqlite-vec finds in a file. `bytes` are those of a vector of the table. */
export function sqliteVecSearch(file: string, table: string, type: string, bytes: Uint8Array, k: number): Found[] {
  const database = new Database(file, { readonly: true });
  try {
    database.loadExtension(getLoadablePath());
    const query = { f32: '?', int8: 'vec_int8(?)', bit: 'vec_bit(?)' }[type];
    const found = database
      .prepare(`SELECT rowid AS id, distance FROM "${table}" WHERE vector MATCH ${query} AND k = ? ORDER BY distance`)
      .safeIntegers()
      .all(bytes, BigInt(k));
    return found as Found[];
  } finally {
    database.close();
  }
}
