import type { DatabaseSync } from 'node:sqlite';
import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument, IoError, KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3, translated } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import { attach } from './attach.ts';
import { Connection, connectionOf } from './connection.ts';
import { classOf, type HostDatabase, nameOf, type SyncDatabase } from './driver.ts';
import { isSameSecret, refuseUnlessEncrypting, type Secret, secretOf, unlock, withKeyChecked } from './encryption.ts';
import { sharedFileSystemOf, warnOfSharedFileSystem } from './file-system.ts';
import { isDatabaseSync, NodeDatabase } from './hosts/node-database.ts';
import { bringUpToDate, TABLE as META_TABLE, refuseFuture } from './meta.ts';
import { OpenConnection } from './open-connection.ts';
import {
  type ConnectionOptions,
  checkConnectionOptions,
  DEFAULTS,
  type GivenOptions,
  type ReachOptions,
  type ResolvedOptions,
  refuseForeignOptions,
  refuseOtherOptions,
} from './options.ts';
import { applyPragmas } from './pragmas.ts';
import { withRetries } from './retry.ts';
import { firstRow } from './statement.ts';
import { harden, refuseDisguised, refuseForeignObjects, untrustedOptions } from './untrusted.ts';

const { mkdirSync, statSync } = process.getBuiltinModule('node:fs');
const { dirname, resolve } = process.getBuiltinModule('node:path');

/**
 * A path, an open `Database` of better-sqlite3 or `DatabaseSync` of Node, or another vault, from which a vault is made.
 */
export type DatabaseSource = string | HostDatabase | SyncDatabase | { readonly database: HostDatabase | SyncDatabase };

/** The connections that this thread opened, by the file's identity and whether they may write. */
const ownConnections = new Map<string, OpenConnection>();
/** Our connection on each better-sqlite3 database, no matter who opened it. */
const connectionOfDatabase = new WeakMap<Database, OpenConnection>();

/** The connections whose meta table was created in a transaction of the user, which may be rolled back. */
const metaInTransaction = new WeakSet<OpenConnection>();

/** How far the code that opens a file trusts it. */
export interface Trust {
  /**
   * Whether the file may be one of strangers, but need not be. No SQL of its schema runs, nothing is mapped, and nothing
   * is refused but what is in place of our tables. For the command line.
   */
  readonly wary?: boolean;
  /** Whether nothing warns of a network file system. */
  readonly silent?: boolean;
}

/**
 * Opens a database, or joins the connection that this thread already has on the file. Vaults on one file share one
 * connection, which closes with the last of them; files are compared by identity, not by spelling. A `Database` of the
 * user is never closed.
 */
export function openDatabase(source: DatabaseSource, options?: ConnectionOptions, trust: Trust = {}): Connection {
  const { given, reach } = checkConnectionOptions(options);
  return new Connection(
    typeof source === 'string' ? openPath(source, given, reach, trust) : joinSource(source, given, reach),
  );
}

function joinSource(source: Exclude<DatabaseSource, string>, given: GivenOptions, reach: ReachOptions): OpenConnection {
  if (typeof source !== 'object' || source === null) throw notASource(source);
  if (connectionOf in source && source[connectionOf] instanceof Connection) {
    const { shared } = source[connectionOf];
    refuseOtherOptions(given, shared.options, 'the connection of the vault that it is made from');
    refuseOtherReach(reach, shared, 'the connection of the vault that it is made from');
    return withMeta(shared);
  }
  const passed: unknown = 'database' in source ? source.database : source;
  const database = isDatabaseSync(passed) ? adapterOf(passed) : passed;
  if (!isBetterSqlite3(database)) throw notASource(source);
  const known = connectionOfDatabase.get(database);
  if (known?.database.open) {
    if (known.owned) refuseOtherOptions(given, known.options, 'the connection that is already open');
    else refuseForeignOptions(given, known.options);
    refuseOtherReach(reach, known, 'the connection that is already open');
    return withMeta(known);
  }
  return borrow(database, given, reach);
}

/** Creates the meta table again if a rollback of the user has undone its creation. */
function withMeta(shared: OpenConnection): OpenConnection {
  if (!metaInTransaction.has(shared)) return shared;
  const { database, transactions } = shared;
  if (!refuseFuture(database)) bringUpToDate(database, transactions);
  if (!database.inTransaction) metaInTransaction.delete(shared);
  return shared;
}

/** Uses a `Database` that the user opened, and changes none of its settings. */
function borrow(database: Database, given: GivenOptions, reach: ReachOptions): OpenConnection {
  if (!database.open) throw closedDatabase();
  const busyTimeout = translated(() => Number(database.pragma('busy_timeout', { simple: true })));
  const present: ResolvedOptions = { ...DEFAULTS, readonly: database.readonly, busyTimeout };
  refuseForeignOptions(given, present);
  refuseOtherDriver(reach, database, 'the Database that you opened');
  const secret = secretOf(reach.key, reach.cipher);
  const upToDate = withKeyChecked(database, undefined, () => refuseFuture(database));
  const shared = new OpenConnection({
    database,
    handle: attach(database),
    owned: false,
    wal: false,
    options: { ...present, ...given },
    secret,
    forget: () => connectionOfDatabase.delete(database),
  });
  if (!upToDate && !database.readonly) {
    bringUpToDate(database, shared.transactions);
    if (database.inTransaction) metaInTransaction.add(shared);
  }
  connectionOfDatabase.set(database, shared);
  return shared;
}

function openPath(path: string, asked: GivenOptions, reach: ReachOptions, trust: Trust): OpenConnection {
  const file = checkPath(path);
  const given = untrustedOptions(asked);
  const options: ResolvedOptions = {
    ...DEFAULTS,
    ...given,
    ...(trust.wary ? { mmapSize: 0 } : {}),
    ...(trust.silent ? { networkWarning: false } : {}),
  };
  const identity = file === MEMORY ? undefined : identityOf(file, options);
  if (options.readonly && identity === undefined) {
    throw file === MEMORY
      ? new InvalidArgument("':memory:' cannot be readonly, since it would stay empty; leave out readonly")
      : new IoError(`${file} does not exist, and readonly does not create it; open it writable once`);
  }
  const present = identity === undefined ? undefined : ownConnections.get(identity);
  if (present) {
    refuseOtherOptions(given, present.options, 'the connection that this thread already has open');
    refuseOtherReach(reach, present, 'the connection that this thread already has open');
    return present;
  }
  const secret = secretOf(reach.key, reach.cipher);
  if (secret && file === MEMORY) throw new InvalidArgument("':memory:' cannot have a key; leave out key");
  const Database = classOf(reach.driver ?? 'better-sqlite3');
  if (secret) refuseUnlessEncrypting(Database);
  if (file !== MEMORY && !options.readonly) makeParent(file);
  const database = translated(() => new Database(file, { readonly: options.readonly, timeout: options.busyTimeout }));
  try {
    return prepareOwn(database, file, { options, given, secret, cipher: reach.cipher, trust });
  } catch (error) {
    database.close();
    throw fromBetterSqlite3(error);
  }
}

interface Preparation {
  readonly options: ResolvedOptions;
  readonly given: GivenOptions;
  readonly secret: Secret | undefined;
  readonly cipher: ReachOptions['cipher'];
  readonly trust: Trust;
}

function prepareOwn(database: Database, file: string, preparation: Preparation): OpenConnection {
  const {
    given,
    secret,
    cipher,
    trust: { wary },
  } = preparation;
  // Some ciphers have a page size of their own, by which alone they find the first page.
  const own = cipher !== undefined && given.pageSize === undefined ? { pageSize: 0 } : {};
  // There an error of the network, or a file cut short elsewhere, would end a process that reads mapped memory.
  const isMapped = given.mmapSize !== undefined || file === MEMORY || sharedFileSystemOf(file) === undefined;
  const settled = isMapped ? preparation.options : { ...preparation.options, mmapSize: 0 };
  const options = { ...settled, ...own };
  unlock(database, secret);
  if (options.untrusted || wary) harden(database);
  // The first read shows whether this is a database. Nothing has been written yet.
  withKeyChecked(database, secret, () =>
    withRetries(() => firstRow(database, 'SELECT count(*) FROM sqlite_schema'), options),
  );
  if (options.untrusted) refuseForeignObjects(database);
  else if (wary) refuseDisguised(database, META_TABLE);
  const upToDate = refuseFuture(database);
  const wal = withRetries(() => applyPragmas(database, options), options);
  const identity = file === MEMORY ? undefined : identityOf(file, options);
  if (wal && options.networkWarning) warnOfSharedFileSystem(file);
  const shared = new OpenConnection({
    database,
    handle: attach(database),
    owned: true,
    wal,
    options: settled,
    secret,
    forget: () => {
      if (identity !== undefined && ownConnections.get(identity) === shared) ownConnections.delete(identity);
    },
  });
  if (!upToDate && !options.readonly) {
    bringUpToDate(database, shared.transactions);
    if (secret) refuseUnreadable(shared);
  }
  if (identity !== undefined) ownConnections.set(identity, shared);
  connectionOfDatabase.set(database, shared);
  return shared;
}

/** Checks that the key and the cipher open what was just made with them: with some settings they would not. */
function refuseUnreadable(shared: OpenConnection): void {
  try {
    shared.openAgain({ readonly: true }).close();
  } catch (cause) {
    throw new InvalidArgument(
      `${shared.path} was made with a cipher and a page size that do not open it again; choose the pageSize that the ` +
        'cipher has, and remove the file',
      { cause },
    );
  }
}

/** Refuses a driver or a key that differs from an open connection's. `opened` names that connection. */
function refuseOtherReach(reach: ReachOptions, shared: OpenConnection, opened: string): void {
  refuseOtherDriver(reach, shared.database, opened);
  const secret = secretOf(reach.key, reach.cipher);
  if (!secret || (shared.secret && isSameSecret(secret, shared.secret))) return;
  throw new InvalidArgument(
    `key and cipher must be those of ${opened}, and differ from them; leave them out, or pass the same`,
  );
}

function refuseOtherDriver({ driver }: ReachOptions, database: Database, opened: string): void {
  if (driver === undefined || database.constructor === driver || nameOf(database.constructor) === driver) return;
  throw new InvalidArgument(
    `driver must be that of ${opened}, got ${describe(driver)}; leave it out, or close that first. A process has one ` +
      'SQLite',
  );
}

const MEMORY = ':memory:';

function checkPath(path: string): string {
  if (path === MEMORY) return path;
  const wrong = (why: string) => new InvalidArgument(`a vault expects ${why}, got ${describe(path)}`);
  if (path === '') throw wrong("the path of a file or ':memory:'");
  if (path.includes('\0')) throw wrong('a path without NUL characters');
  if (path.startsWith('file:')) throw wrong('a path, not a URL (fileURLToPath of node:url makes a path)');
  // better-sqlite3 would trim it and open another file.
  if (path.trim() !== path) throw wrong('a path without white space at its ends, which better-sqlite3 cuts off');
  return resolve(path);
}

/** Returns what two spellings of one file have in common; undefined if there is no file yet. */
function identityOf(file: string, { readonly, untrusted }: ResolvedOptions): string | undefined {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(file, { bigint: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IoError(`${file} cannot be reached: ${(cause as Error).message}`, { cause });
  }
  if (found.isDirectory()) throw new IoError(`a vault expects a database file, got the directory ${file}`);
  return `${found.dev}:${found.ino}:${untrusted ? 'u' : readonly ? 'r' : 'w'}`;
}

function makeParent(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    throw new IoError(`the folder of ${file} cannot be created: ${(cause as Error).message}`, { cause });
  }
}

/** Returns what stands for a `DatabaseSync` of the user. */
function adapterOf(sync: DatabaseSync): unknown {
  if (!sync.isOpen) throw closedDatabase();
  return NodeDatabase.of(sync, (database) => nativeCore().binding.isReadonly(attach(database as unknown as Database)));
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

function closedDatabase(): KohakuVaultError {
  return new KohakuVaultError('a vault expects an open Database, got a closed one; open it first', {
    code: 'KV_CLOSED',
  });
}

function notASource(source: unknown): InvalidArgument {
  return new InvalidArgument(
    `a vault expects a path, an open Database (of better-sqlite3, or a DatabaseSync) or another vault, got ${describe(source)}`,
  );
}
