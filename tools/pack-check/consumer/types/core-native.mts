// The types as an ES module sees them. Only the compiler reads this.
import { type ErrorCode, KohakuVaultError } from '@kohakuvault/core-native';
import { type Connection, type ConnectionOptions, openDatabase } from '@kohakuvault/core-native/database';
import Database from 'better-sqlite3';

const options: ConnectionOptions = { readonly: true, synchronous: 'normal' };
export const connection: Connection = openDatabase('a.db', options);
export const sharing: Connection = openDatabase(connection);
export const database: Database.Database = openDatabase(new Database(':memory:')).database;
export const result: number = connection.transaction(() => 1);

export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof KohakuVaultError ? error.code : undefined;
}

// @ts-expect-error: the name of an option is misspelled
openDatabase('a.db', { readOnly: true });
// @ts-expect-error: a number is not a source
openDatabase(5);
