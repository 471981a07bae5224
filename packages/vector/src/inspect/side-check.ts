import { plural } from '@kohakuvault/core-native/internal';
import { type Database, type Findings, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { FieldType } from '../fields.ts';
import { fieldsTableOf } from '../fields-table.ts';
import type { TableSettings } from '../settings.ts';
import { idsTableOf } from '../vault-ids.ts';

/** How SQLite stores the values of a type. */
const STORED: Readonly<Record<FieldType, (column: string) => string>> = {
  i64: (column) => `typeof(${column}) = 'integer'`,
  f64: (column) => `typeof(${column}) = 'real'`,
  str: (column) => `typeof(${column}) = 'text'`,
  bool: (column) => `typeof(${column}) = 'integer' AND ${column} IN (0, 1)`,
};
/** So many wrong values of one field are reported. */
const SHOWN = 10;

/**
 * Verifies the tables beside those of vectors and values: fields have the types that are declared, and ids are text. Rows
 * without a vector are no damage: another program has deleted it.
 */
export function checkSides(database: Database, table: string, settings: TableSettings, findings: Findings): void {
  const { fields, ids } = settings;
  if (fields) {
    const name = `main.${quoteIdentifier(fieldsTableOf(table))}`;
    for (const [field, type] of Object.entries(fields)) {
      const column = quoteIdentifier(field);
      const wrong = database
        .prepare(
          `SELECT id, typeof(${column}) AS type FROM ${name}
            WHERE NOT (${column} IS NULL OR (${STORED[type](column)})) LIMIT ${SHOWN}`,
        )
        .safeIntegers()
        .all() as { id: bigint; type: string }[];
      for (const { id, type: found } of wrong) {
        findings.problem(`the field ${field} of vector ${id} is not ${type}: its class is ${found}`);
      }
    }
    noteLeftBehind(database, table, name, 'fields', findings);
  }
  if (ids) {
    const name = `main.${quoteIdentifier(idsTableOf(table))}`;
    const wrong = database
      .prepare(`SELECT id FROM ${name} WHERE typeof(text) <> 'text' LIMIT ${SHOWN}`)
      .safeIntegers()
      .pluck()
      .all();
    for (const id of wrong) findings.problem(`the id of vector ${id} is not text`);
    noteLeftBehind(database, table, name, 'ids', findings);
  }
}

function noteLeftBehind(database: Database, table: string, name: string, what: string, findings: Findings): void {
  const vectors = `main.${quoteIdentifier(`${table}_rowids`)}`;
  const count = Number(
    database.prepare(`SELECT count(*) FROM ${name} WHERE id NOT IN (SELECT rowid FROM ${vectors})`).pluck().get(),
  );
  if (count === 0) return;
  findings.note(
    `${plural(count, 'row')} of ${what} belong to vectors that another program has deleted; compact() removes them`,
  );
}
