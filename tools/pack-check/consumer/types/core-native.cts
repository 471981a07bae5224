// The types as a CommonJS module sees them. Only the compiler reads this.
import core = require('@kohakuvault/core-native');
import storage = require('@kohakuvault/core-native/database');
import Database = require('better-sqlite3');

const options: storage.ConnectionOptions = { readonly: true, synchronous: 'normal' };
export const connection: storage.Connection = storage.openDatabase('a.db', options);
export const sharing: storage.Connection = storage.openDatabase(connection);
export const database: Database.Database = storage.openDatabase(new Database(':memory:')).database;

export function codeOf(error: unknown): core.ErrorCode | undefined {
  return error instanceof core.KohakuVaultError ? error.code : undefined;
}

// @ts-expect-error: the name of an option is misspelled
storage.openDatabase('a.db', { readOnly: true });

// One class, one type: an ES module takes what CommonJS returned.
import type * as esm from '@kohakuvault/core-native/database' with { 'resolution-mode': 'import' };
export const mixed: esm.Connection = connection;
