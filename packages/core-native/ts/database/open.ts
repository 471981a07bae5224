import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument, IoError, KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3, translated } from '../errors/sqlite-errors.ts';
import { attach } from './attach.ts';
import { Connection, connectionOf } from './connection.ts';
import { bringUpToDate, refuseFuture } from './meta.ts';
import {
  type ConnectionOptions,
  checkConnectionOptions,
  DEFAULTS,
  type GivenOptions,
  type ResolvedOptions,
  refuseForeignOptions,
  refuseOtherOptions,
} from './options.ts';
import { betterSqlite3 } from './peer.ts';
import { applyPragmas } from './pragmas.ts';
import { withRetries } from './retry.ts';
import { SharedConnection } from './shared-connection.ts';
import { firstRow } from './statement.ts';

const { mkdirSync, statSync } = process.getBuiltinModule('node:fs');
const { dirname, resolve } = process.getBuiltinModule('node:path');

/** What a vault is made from: a path, an open better-sqlite3 `Database`, or another vault. */
export type DatabaseSource = string | Database | { readonly database: Database };

/** The connections this thread opened, by the file's identity and whether they may write. */
const ownConnections = new Map<string, SharedConnection>();
/** The connection of ours on each better-sqlite3 database, whoever opened it. */
const connectionOfDatabase = new WeakMap<Database, SharedConnection>();

/** The connections whose meta table was created in a transaction of the user, which may be rolled back. */
const metaInTransaction = new WeakSet<SharedConnection>();

/**
 * Opens a database, or joins the connection this thread already has on it: vaults on one file (by its real identity, not
 * its spelling) share one connection, which is closed with the last of them. A `Database` that the user opened is used
 * and never closed.
 */
export function openDatabase(source: DatabaseSource, options?: ConnectionOptions): Connection {
  const given = checkConnectionOptions(options);
  return new Connection(typeof source === 'string' ? openPath(source, given) : joinSource(source, given));
}

function joinSource(source: Exclude<DatabaseSource, string>, given: GivenOptions): SharedConnection {
  if (typeof source !== 'object' || source === null) throw notASource(source);
  if (connectionOf in source && source[connectionOf] instanceof Connection) {
    const { shared } = source[connectionOf];
    refuseOtherOptions(given, shared.options, 'the vault it is made from is open');
    return withMeta(shared);
  }
  const database = 'database' in source ? source.database : source;
  if (isNodeSqlite(database)) {
    throw new InvalidArgument(
      "the source is a Database of node:sqlite, another copy of SQLite than better-sqlite3's: give the path, or a better-sqlite3 Database",
    );
  }
  if (!isBetterSqlite3(database)) throw notASource(source);
  const known = connectionOfDatabase.get(database);
  if (known?.database.open) {
    if (known.owned) refuseOtherOptions(given, known.options, 'the file is open already');
    else refuseForeignOptions(given, known.options);
    return withMeta(known);
  }
  return borrow(database, given);
}

/** Creates the meta table again if a rollback of the user has undone its creation. */
function withMeta(shared: SharedConnection): SharedConnection {
  if (!metaInTransaction.has(shared)) return shared;
  const { database, transactions } = shared;
  if (!refuseFuture(database)) bringUpToDate(database, transactions);
  if (!database.inTransaction) metaInTransaction.delete(shared);
  return shared;
}

/** Takes up a `Database` that the user opened, leaving every setting of it as it is. */
function borrow(database: Database, given: GivenOptions): SharedConnection {
  if (!database.open) {
    throw new KohakuVaultError('the Database given is closed: open it first', { code: 'KV_CLOSED' });
  }
  const busyTimeout = translated(() => Number(database.pragma('busy_timeout', { simple: true })));
  const present: ResolvedOptions = { ...DEFAULTS, readonly: database.readonly, busyTimeout };
  refuseForeignOptions(given, present);
  const upToDate = refuseFuture(database);
  const shared = new SharedConnection({
    database,
    handle: attach(database),
    owned: false,
    wal: false,
    options: { ...present, ...given },
    forget: () => connectionOfDatabase.delete(database),
  });
  if (!upToDate && !database.readonly) {
    bringUpToDate(database, shared.transactions);
    if (database.inTransaction) metaInTransaction.add(shared);
  }
  connectionOfDatabase.set(database, shared);
  return shared;
}

function openPath(path: string, given: GivenOptions): SharedConnection {
  const file = checkPath(path);
  const options: ResolvedOptions = { ...DEFAULTS, ...given };
  const identity = file === MEMORY ? undefined : identityOf(file, options.readonly);
  if (options.readonly && identity === undefined) {
    throw file === MEMORY
      ? new InvalidArgument("':memory:' cannot be readonly: it would be empty for ever")
      : new IoError(`${file} does not exist, and readonly makes no file`);
  }
  const present = identity === undefined ? undefined : ownConnections.get(identity);
  if (present) {
    refuseOtherOptions(given, present.options, 'the file is open already in this thread');
    return present;
  }
  const Database = betterSqlite3();
  if (file !== MEMORY && !options.readonly) makeParent(file);
  const database = translated(() => new Database(file, { readonly: options.readonly, timeout: options.busyTimeout }));
  try {
    return prepareOwn(database, file, options);
  } catch (error) {
    database.close();
    throw fromBetterSqlite3(error);
  }
}

function prepareOwn(database: Database, file: string, options: ResolvedOptions): SharedConnection {
  // The first read tells whether this is a database at all; nothing has been written yet.
  withRetries(() => firstRow(database, 'SELECT count(*) FROM sqlite_schema'), options);
  const upToDate = refuseFuture(database);
  const wal = withRetries(() => applyPragmas(database, options), options);
  const identity = file === MEMORY ? undefined : identityOf(file, options.readonly);
  const shared = new SharedConnection({
    database,
    handle: attach(database),
    owned: true,
    wal,
    options,
    forget: () => {
      if (identity !== undefined && ownConnections.get(identity) === shared) ownConnections.delete(identity);
    },
  });
  if (!upToDate && !options.readonly) bringUpToDate(database, shared.transactions);
  if (identity !== undefined) ownConnections.set(identity, shared);
  connectionOfDatabase.set(database, shared);
  return shared;
}

const MEMORY = ':memory:';

function checkPath(path: string): string {
  if (path === MEMORY) return path;
  const wrong = (why: string) => new InvalidArgument(`the path ${describe(path)} ${why}`);
  if (path === '') throw wrong("is empty; expected a file's path or ':memory:'");
  if (path.includes('\0')) throw wrong('holds a NUL character');
  if (path.startsWith('file:')) throw wrong('is a URL; give a path (fileURLToPath from node:url makes one)');
  // better-sqlite3 would trim it and open another file.
  if (path.trim() !== path) throw wrong('begins or ends with white space, which better-sqlite3 cuts off');
  return resolve(path);
}

/** What makes two spellings of a path one file. Undefined where there is no file yet. */
function identityOf(file: string, readonly: boolean): string | undefined {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(file, { bigint: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IoError(`${file} cannot be reached: ${(cause as Error).message}`, { cause });
  }
  if (found.isDirectory()) throw new IoError(`${file} is a directory; expected a database file`);
  return `${found.dev}:${found.ino}:${readonly ? 'r' : 'w'}`;
}

function makeParent(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    throw new IoError(`the folder of ${file} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

function isBetterSqlite3(value: unknown): value is Database {
  const candidate = value as Partial<Database> | null | undefined;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.prepare === 'function' &&
    typeof candidate.loadExtension === 'function' &&
    typeof candidate.pragma === 'function' &&
    typeof candidate.open === 'boolean' &&
    typeof candidate.inTransaction === 'boolean'
  );
}

function isNodeSqlite(value: unknown): boolean {
  return typeof value === 'object' && value !== null && value.constructor.name === 'DatabaseSync';
}

function notASource(source: unknown): InvalidArgument {
  return new InvalidArgument(
    `the source is ${describe(source)}; expected a path, an open better-sqlite3 Database, or another vault`,
  );
}
