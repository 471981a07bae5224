import { CorruptData, describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  columnsOf,
  type Database,
  META_TABLE,
  metaEntry,
  quoteIdentifier,
  setMetaEntry,
  tableKey,
} from '@kohakuvault/core-native/internal/database';
import { checkFieldTypes, type FieldTypes } from './fields.ts';
import { fieldsTableOf, makeFieldsTable } from './fields-table.ts';
import type { Metric } from './metrics.ts';
import { type IdKind, idsTableOf, makeIdsTable } from './vault-ids.ts';

/** What a table of vectors has beyond sqlite-vec's declaration. The file keeps it, so that every vault knows it. */
export interface TableSettings {
  readonly fields?: FieldTypes;
  readonly ids?: 'str';
  /** The metric, if sqlite-vec has no name for it. */
  readonly metric?: 'dot';
}

/** The settings that a vault is opened with. */
export interface GivenSettings {
  readonly fields: FieldTypes | undefined;
  readonly ids: IdKind | undefined;
  readonly metric: Metric;
}

/** The key of `kohakuvault_meta` under which a file keeps the settings of a table. */
export function settingsKey(table: string): string {
  return `vector_table:${tableKey(table)}`;
}

/** Returns the settings of a table, as JSON has them. */
function parseSettings(table: string, text: string | undefined): TableSettings {
  if (text === undefined) return {};
  let found: unknown;
  try {
    found = JSON.parse(text);
    if (typeof found !== 'object' || found === null || Array.isArray(found)) throw new InvalidArgument('no object');
    const { fields, ids, metric, ...others } = found as Record<string, unknown>;
    const isKnown = (ids === undefined || ids === 'str') && (metric === undefined || metric === 'dot');
    const [other] = Object.keys(others);
    if (other !== undefined || !isKnown) {
      throw new KohakuVaultError(
        `the table ${quoteIdentifier(table)} has ${other === undefined ? 'settings' : `the setting ${describe(other)}`} ` +
          'of a later release; update KohakuVault',
      );
    }
    return {
      ...(fields !== undefined && { fields: checkFieldTypes(table, fields as object) }),
      ...(ids === 'str' && { ids }),
      ...(metric === 'dot' && { metric }),
    };
  } catch (cause) {
    if (cause instanceof KohakuVaultError && !(cause instanceof InvalidArgument)) throw cause;
    throw new CorruptData(
      `the settings of the table ${quoteIdentifier(table)} in ${META_TABLE} are damaged: ${describe(text)}. ` +
        'Restore a backup',
      { cause },
    );
  }
}

/** Returns the settings of a table of an open vault. */
export function readSettings(connection: Connection, table: string): TableSettings {
  return parseSettings(table, metaEntry(connection, settingsKey(table)));
}

/** Returns the settings of a table of a file, for what only looks at it. */
export function settingsIn(database: Database, table: string): TableSettings {
  let text: unknown;
  try {
    const select = database.prepare(`SELECT CAST(value AS TEXT) FROM main.${META_TABLE} WHERE key = ?`);
    text = select.pluck().get(settingsKey(table));
  } catch {
    // Not every file of the Python package has the table.
  }
  return parseSettings(table, typeof text === 'string' ? text : undefined);
}

/**
 * Checks that a table has the settings that a vault was opened with. A table without fields gets them, and one without
 * text ids gets those: its vectors have none so far. Returns the settings of the table.
 */
export function agreeOnSettings(connection: Connection, table: string, given: GivenSettings): TableSettings {
  const found = readSettings(connection, table);
  if (!refuseOthers(table, given, found)) return found;
  if (connection.readonly) {
    throw new KohakuVaultError(
      `the table ${quoteIdentifier(table)} has no ${found.fields === undefined && given.fields ? 'fields' : 'text ids'} ` +
        'yet, and a readonly vault cannot make them; open it writable once',
      { code: 'KV_READONLY' },
    );
  }
  return connection.transaction((): TableSettings => {
    // Another process may have made them since.
    const current = readSettings(connection, table);
    if (!refuseOthers(table, given, current)) return current;
    const fields = current.fields ?? given.fields;
    const ids: 'str' | undefined = given.ids === 'str' ? 'str' : undefined;
    if (fields && !current.fields) {
      refuseTaken(connection, fieldsTableOf(table));
      makeFieldsTable(connection, table, fields);
    }
    if (ids && !current.ids) {
      refuseTaken(connection, idsTableOf(table));
      makeIdsTable(connection, table);
    }
    const { metric } = current;
    const settings: TableSettings = { ...(fields && { fields }), ...(ids && { ids }), ...(metric && { metric }) };
    setMetaEntry(connection, settingsKey(table), JSON.stringify(settings));
    return settings;
  });
}

function refuseTaken(connection: Connection, name: string): void {
  if (columnsOf(connection, name).length === 0) return;
  throw new InvalidArgument(
    `there is a table ${quoteIdentifier(name)} already; drop or rename it, or choose another table for the vectors`,
  );
}

/** Writes the settings of a table that is made now. What its fields and ids need is made by `agreeOnSettings`. */
export function startSettings(connection: Connection, table: string, metric: Metric): void {
  forgetSettings(connection, table);
  if (metric === 'dot') setMetaEntry(connection, settingsKey(table), JSON.stringify({ metric }));
}

/** Forgets the settings of a table that is made or dropped. */
export function forgetSettings(connection: Connection, table: string): void {
  const key = settingsKey(table);
  if (metaEntry(connection, key) !== undefined) setMetaEntry(connection, key, undefined);
}

/** Keeps the settings of a table that is renamed. */
export function renameSettings(connection: Connection, from: string, to: string): void {
  const text = metaEntry(connection, settingsKey(from));
  forgetSettings(connection, to);
  if (text === undefined) return;
  setMetaEntry(connection, settingsKey(to), text);
  setMetaEntry(connection, settingsKey(from), undefined);
}

/** Refuses settings that the table does not have and cannot get. Returns whether it must get some. */
function refuseOthers(table: string, given: GivenSettings, found: TableSettings): boolean {
  const name = quoteIdentifier(table);
  if (found.ids === 'str' && given.ids !== 'str') {
    throw new InvalidArgument(`the ids of the table ${name} are text; open it with ids: 'str'`);
  }
  if (given.fields && found.fields && !isSame(given.fields, found.fields)) {
    throw new InvalidArgument(
      `fields declares ${listed(given.fields)}, but the table ${name} has ${listed(found.fields)}. Declare the same, ` +
        'leave fields out, or choose another table',
    );
  }
  return (given.fields !== undefined && !found.fields) || (given.ids === 'str' && !found.ids);
}

function isSame(one: FieldTypes, other: FieldTypes): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function listed(fields: FieldTypes): string {
  return `{ ${Object.entries(fields)
    .map(([name, type]) => `${name}: '${type}'`)
    .join(', ')} }`;
}
