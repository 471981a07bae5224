import {
  type Database,
  type PackageTables,
  schemaTables,
  usesModule,
} from '@kohakuvault/core-native/internal/database';
import { looseShapeOf, shapeOf } from '../declaration.ts';
import type { VectorShape } from '../options.ts';

/** What the schema declares of a table of vectors. */
export interface VectorDeclaration {
  readonly table: string;
  /** The shape of its vectors. Undefined if the table of sqlite-vec is not declared as one of a VectorKVault. */
  readonly shape: VectorShape | undefined;
  readonly dimensions: number;
  readonly vectorType: string;
  readonly metric: string;
}

/** Returns the tables of sqlite-vec, by name. */
export function declaredVectors(database: Database): VectorDeclaration[] {
  return schemaTables(database)
    .filter((table) => usesModule(table, 'vec0'))
    .map(({ name, sql }) => {
      const shape = shapeOf(sql ?? '');
      return { table: name, shape, ...(shape ?? looseShapeOf(sql ?? '')) };
    });
}

/** The suffixes of the tables that belong to a table of vectors: its values, vec0's shadow tables, and the index. */
const RELATED =
  /^_(?:values|info|chunks|rowids|vector_chunks\d\d|metadatachunks\d\d|metadatatext\d\d|index(?:_lists|_parts|_ids)?)$/;

/** Finds the tables of vectors of a file, and those that belong to them. */
export function vectorTables(database: Database): PackageTables {
  const main = declaredVectors(database).map(({ table }) => table);
  const related = schemaTables(database)
    .map(({ name }) => name)
    .filter((name) => main.some((table) => name.startsWith(table) && RELATED.test(name.slice(table.length))));
  return { main, related };
}
