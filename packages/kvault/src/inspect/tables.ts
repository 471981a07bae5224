import {
  type Database,
  isVirtual,
  type PackageTables,
  quoteIdentifier,
  schemaTables,
} from '@kohakuvault/core-native/internal/database';
import { expiryTableOf } from '../expiry/expiry-table.ts';
import { usageTableOf } from '../limits/usage-table.ts';
import { partsTableOf } from '../values/parts-table.ts';

/** How the tables begin that belong to the table of a vault. */
const RELATED = [partsTableOf(''), expiryTableOf(''), usageTableOf('')];

interface ColumnInfo {
  name: string;
  type: string;
  pk: number;
}

/** Finds the key-value tables of a file, and the tables that belong to them. */
export function keyValueTables(database: Database): PackageTables {
  const names = schemaTables(database)
    .filter((table) => !isVirtual(table))
    .map(({ name }) => name);
  const isRelated = (name: string) => RELATED.some((beginning) => name.startsWith(beginning));
  const main = names.filter((name) => !isRelated(name) && isKeyValueTable(database, name));
  return { main, related: names.filter(isRelated) };
}

/** Returns whether a table has two BLOBs, the first of them its key, and rowids. Both packages make such tables. */
function isKeyValueTable(database: Database, name: string): boolean {
  const listed = database.prepare("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'").pluck().get(name);
  if (listed !== 0) return false;
  const columns = database.prepare("SELECT name, type, pk FROM pragma_table_info(?, 'main')").all(name) as ColumnInfo[];
  const [key, value] = columns;
  return (
    columns.length === 2 &&
    key?.name === 'key' &&
    value?.name === 'value' &&
    key.pk === 1 &&
    [key, value].every(({ type }) => type.toUpperCase() === 'BLOB')
  );
}

/** Returns the quoted table of a table's parts. Undefined if it does not exist. */
export function partsOf(database: Database, table: string): string | undefined {
  const name = partsTableOf(table);
  const found = database.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?").get(name);
  return found === undefined ? undefined : `main.${quoteIdentifier(name)}`;
}
