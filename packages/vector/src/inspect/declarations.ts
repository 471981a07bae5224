import {
  type Database,
  type PackageTables,
  schemaTables,
  usesModule,
} from '@kohakuvault/core-native/internal/database';
import { looseShapeOf, shapeOf } from '../declaration.ts';
import { fieldsTableOf } from '../fields-table.ts';
import type { VectorShape } from '../options.ts';
import { settingsIn, type TableSettings } from '../settings.ts';
import { idsTableOf } from '../vault-ids.ts';

/** What the schema declares of a table of vectors. */
export interface VectorDeclaration {
  readonly table: string;
  /** The shape of its vectors. Undefined if the table of sqlite-vec is not declared as one of a VectorKVault. */
  readonly shape: VectorShape | undefined;
  readonly dimensions: number;
  readonly vectorType: string;
  readonly metric: string;
  /** What our own part of the file adds. Empty if that is damaged, which `verify` reports. */
  readonly settings: TableSettings;
}

/** Returns the tables of sqlite-vec, by name. */
export function declaredVectors(database: Database): VectorDeclaration[] {
  return schemaTables(database)
    .filter((table) => usesModule(table, 'vec0'))
    .map(({ name, sql }) => {
      const settings = settingsOf(database, name);
      const declared = shapeOf(sql ?? '');
      const shape = declared && { ...declared, metric: settings.metric ?? declared.metric };
      return { table: name, shape, settings, ...(shape ?? looseShapeOf(sql ?? '')) };
    });
}

function settingsOf(database: Database, table: string): TableSettings {
  try {
    return settingsIn(database, table);
  } catch {
    return {};
  }
}

/** The suffixes of the tables that belong to a table of vectors: its values, vec0's shadow tables, and the index. */
const RELATED =
  /^_(?:values|info|chunks|rowids|vector_chunks\d\d|metadatachunks\d\d|metadatatext\d\d|index(?:_lists|_parts|_ids)?)$/;

/** Finds the tables of vectors of a file, and those that belong to them. */
export function vectorTables(database: Database): PackageTables {
  const declared = declaredVectors(database);
  const main = declared.map(({ table }) => table);
  const sides = declared.flatMap(({ table, settings: { fields, ids } }) => [
    ...(fields ? [fieldsTableOf(table)] : []),
    ...(ids ? [idsTableOf(table)] : []),
  ]);
  const isRelated = (name: string) =>
    sides.includes(name) || main.some((table) => name.startsWith(table) && RELATED.test(name.slice(table.length)));
  const related = schemaTables(database)
    .map(({ name }) => name)
    .filter(isRelated);
  return { main, related };
}
