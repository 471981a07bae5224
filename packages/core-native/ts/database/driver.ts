import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { attach } from './attach.ts';
import { NodeDatabase } from './hosts/node-database.ts';
import { betterSqlite3, isExportOf, multipleCiphers } from './peer.ts';

/** What KohakuVault needs of a class that opens databases. better-sqlite3 and its variants have it. */
export type DatabaseClass = new (
  path: string,
  // biome-ignore lint/suspicious/noExplicitAny: each driver has options of its own.
  options?: any,
) => HostDatabase;

/** What KohakuVault needs of an open database: a part of better-sqlite3's `Database`. */
export interface HostDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  readonly readonly: boolean;
  readonly memory: boolean;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: better-sqlite3 and its variants declare their own classes.
  prepare(sql: string): any;
  exec(sql: string): unknown;
  pragma(source: string, options?: { simple?: boolean }): unknown;
  loadExtension(path: string): unknown;
  close(): unknown;
}

/** What a `DatabaseSync` of `node:sqlite` has. Not its own type, which older type definitions of Node do not have. */
export interface SyncDatabase {
  readonly isOpen: boolean;
  location(name?: string): string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a statement of Node.
  prepare(sql: string): any;
  exec(sql: string): void;
  loadExtension(path: string): void;
  close(): void;
}

/** The drivers that are known by name, and so can be named in another thread. */
export type DriverName = 'better-sqlite3' | 'better-sqlite3-multiple-ciphers' | 'node:sqlite';

/** Which SQLite opens a path: by name, or the class itself. */
export type Driver = DriverName | DatabaseClass;

type Constructor = new (path: string, options?: { readonly?: boolean; timeout?: number }) => Database;

const LOADERS: Record<DriverName, () => DatabaseClass> = {
  'better-sqlite3': betterSqlite3,
  'better-sqlite3-multiple-ciphers': multipleCiphers,
  'node:sqlite': () => NodeDatabase,
};
export const DRIVER_NAMES = Object.keys(LOADERS);

/** The drivers of which this thread knows that they are the SQLite of this process. */
const checked = new WeakSet<object>();

/** Returns the class of a driver. Refuses another SQLite than the one of this process, before that opens any file. */
export function classOf(driver: Driver): Constructor {
  const Class = typeof driver === 'string' ? LOADERS[driver]() : driver;
  if (!checked.has(Class)) {
    checkHost(Class);
    checked.add(Class);
  }
  return Class as unknown as Constructor;
}

/** Returns the name by which another thread can load the class; undefined if it has none. */
export function nameOf(Class: unknown): DriverName | undefined {
  return (DRIVER_NAMES as DriverName[]).find((name) =>
    name === 'node:sqlite' ? Class === NodeDatabase : isExportOf(name, Class),
  );
}

/** A second SQLite that opened and closed a file would release the first one's locks on it. */
function checkHost(Class: DatabaseClass): void {
  let database: Database;
  try {
    database = new Class(':memory:') as Database;
  } catch (cause) {
    if (cause instanceof KohakuVaultError) throw cause;
    throw new InvalidArgument(
      `the driver ${describe(Class)} opens no database: ${cause instanceof Error ? cause.message : String(cause)}; ` +
        "pass the class that better-sqlite3 or a variant of it exports, or 'better-sqlite3'",
      { cause },
    );
  }
  try {
    attach(database);
  } catch (thrown) {
    const error = fromBetterSqlite3(thrown);
    if (error instanceof KohakuVaultError) throw error;
    throw new InvalidArgument(`the driver ${describe(Class)} has not the interface of better-sqlite3`, {
      cause: thrown,
    });
  } finally {
    database.close();
  }
}
