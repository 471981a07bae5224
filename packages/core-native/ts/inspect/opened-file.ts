import type { Database } from 'better-sqlite3';
import type { Connection } from '../database/connection.ts';
import { openDatabase } from '../database/open.ts';
import { betterSqlite3 } from '../database/peer.ts';
import { detailOf } from '../errors/error-detail.ts';
import { CorruptData, InvalidArgument, IoError, KohakuVaultError } from '../errors/errors.ts';

const { accessSync, constants, existsSync, statSync } = process.getBuiltinModule('node:fs');
const { dirname, resolve } = process.getBuiltinModule('node:path');

export interface OpenFileOptions {
  /** Opens the file for writing, and creates it with `or new`. */
  readonly writable?: 'existing' | 'or new';
  readonly busyTimeout?: number | undefined;
  /** Refuses a file that has SQL of its own which could run. */
  readonly untrusted?: boolean | undefined;
}

/**
 * The database file of a command or of the Studio. It is checked before SQLite opens it, and reading leaves no traces.
 */
export class OpenedFile implements Disposable {
  readonly path: string;
  readonly connection: Connection;
  readonly #hadWal: boolean;

  constructor(path: string, { writable, busyTimeout, untrusted }: OpenFileOptions = {}) {
    if (path === ':memory:') {
      throw new InvalidArgument('a database in memory ends with the command; give a file');
    }
    if (writable !== 'or new' || existsSync(path)) checkFile(path, writable === 'or new');
    this.path = path;
    this.#hadWal = existsSync(walOf(path));
    try {
      const patience = busyTimeout === undefined ? {} : { busyTimeout };
      // Who reads a file with the command line may not know who made it: no SQL of its schema runs. `doctor` tells of
      // a network file system.
      this.connection = writable
        ? openDatabase(path, patience, { silent: true })
        : openDatabase(path, { ...patience, readonly: true, untrusted }, { wary: true, silent: true });
    } catch (cause) {
      if (detailOf(cause) === 'not-a-database') {
        throw new CorruptData(`${path} is not a SQLite database (or it is encrypted, or its beginning is damaged)`, {
          cause,
        });
      }
      const isRefused = cause instanceof KohakuVaultError && ['KV_READONLY', 'KV_IO'].includes(cause.code);
      if (writable || !isRefused || !isInUnwritableFolder(path)) throw cause;
      throw new IoError(
        `${path} cannot be read here: it is in WAL mode, in which SQLite creates two files beside it, and its ` +
          'folder is not writable. Copy the file to another folder',
        { cause },
      );
    }
  }

  get database(): Database {
    return this.connection.database;
  }

  /** The source for vaults, which share this connection. */
  get source(): Connection {
    return this.connection;
  }

  /** Ends its share of the connection. What else this process has open on the file stays open. */
  release(): void {
    const { readonly, shared } = this.connection;
    this.connection.close();
    if (readonly && !this.#hadWal && !shared.database.open) removeOwnWal(this.path);
  }

  [Symbol.dispose](): void {
    const { readonly } = this.connection;
    // Closes all vaults on it too, so that nothing keeps the file open.
    this.connection.database.close();
    if (readonly && !this.#hadWal) removeOwnWal(this.path);
  }
}

export function walOf(path: string): string {
  return `${path}-wal`;
}

/**
 * Refuses a file that cannot be a vault, with a clearer message than SQLite's. It does not open the file: to close it again
 * would end all locks that this process has on it.
 */
function checkFile(path: string, mayBeEmpty: boolean): void {
  if (path.trim() === '') throw new InvalidArgument('the file has no name; give the path of a database file');
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new IoError(`there is no file ${path}`);
  if (found.isDirectory()) throw new IoError(`${path} is a folder; give the database file in it`);
  if (!found.isFile()) throw new IoError(`${path} is not a regular file; give a database file`);
  if (found.size === 0) {
    if (mayBeEmpty) return;
    throw new IoError(`${path} is empty; store something in it first`);
  }
}

function isInUnwritableFolder(path: string): boolean {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/**
 * Removes the empty -wal and the -shm that a readonly connection to a file in WAL mode creates and must not remove. A
 * writable connection removes them when it closes, unless another connection uses them: SQLite checks that.
 */
function removeOwnWal(path: string): void {
  if (!existsSync(walOf(path))) return;
  try {
    const Database = betterSqlite3();
    const sweeper = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      sweeper.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
    } finally {
      sweeper.close();
    }
  } catch {
    // Not permitted, or busy. The two files do no harm.
  }
}
