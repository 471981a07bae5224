import { hasColumns } from '@kohakuvault/columns/inspect';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import type { Metric, VectorType } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';

/** The content of a file as its users know it: listed from the sound file, and requested from the damaged one. */
export interface Subjects {
  readonly kv: readonly string[];
  readonly columns: boolean;
  readonly vectors: readonly { table: string; dimensions: number; metric: Metric; vectorType: VectorType }[];
}

export function subjectsOf(path: string): Subjects {
  const database = new Database(path);
  try {
    return {
      kv: keyValueInspector.tables(database).main,
      columns: hasColumns(database),
      vectors: declaredVectors(database).flatMap(({ table, shape }) => (shape ? [{ table, ...shape }] : [])),
    };
  } finally {
    database.close();
  }
}

/** Returns the name of the subject that a table belongs to; undefined if it belongs to the whole file. */
export function subjectOfTable({ kv, columns, vectors }: Subjects, table: string): string | undefined {
  const own = kv.find((name) => table === name || table === `kohakuvault_parts_${name}`);
  if (own !== undefined) return `kv ${own}`;
  if (columns && /^col_(?:meta|chunks)$/.test(table)) return 'columns';
  const vector = vectors.find((name) => table.startsWith(`${name.table}_`) || table === name.table);
  return vector && `vectors ${vector.table}`;
}
