import type { Database } from 'better-sqlite3';
import { checkOptions, describe } from '../checks/options.ts';
import { DatabaseBusy, errorOf, InvalidArgument, IoError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { isTagged } from '../realms/any-realm.ts';

const { existsSync, fsync, statSync, write } = process.getBuiltinModule('node:fs');
const { dirname, resolve } = process.getBuiltinModule('node:path');
const { promisify } = process.getBuiltinModule('node:util');
// Not the methods of a handle, some of which the handles of Yarn's PnP do not have.
const synced = promisify(fsync);
const written = promisify(write);
// Asked for by a backup: a program that makes none need not load it.
const files = () => process.getBuiltinModule('node:fs').promises;

export interface BackupOptions {
  /** Called after each step with the number of bytes that are copied, and of all bytes. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  /** Ends the backup. The target stays as it was. */
  signal?: AbortSignal | undefined;
}

export interface BackupResult {
  /** The length of the copy. */
  readonly bytes: number;
}

/** What a backup copies. */
export interface BackupSource {
  /** A connection on which nobody writes, or the only one that a database in memory has. */
  readonly database: Database;
  /** The path of its file; empty for a database in memory. */
  readonly file: string;
  /** How long it waits for writers, where they keep it from beginning. */
  readonly busyTimeout: number;
  /** Whether the file is encrypted. SQLite's backup API would write its pages in the clear, and refuses to. */
  readonly isEncrypted: boolean;
  /** Whether its vault was closed meanwhile. */
  isCancelled(): boolean;
}

const RULES = {
  onProgress: { expected: 'a function', accepts: (value: unknown) => typeof value === 'function' },
  signal: { expected: 'an AbortSignal', accepts: (value: unknown) => isTagged(value, 'AbortSignal') },
};

/** Copied in one step, between which the event loop goes on. */
const STEP_BYTES = 1024 * 1024;
const PAUSE = 20;
/** Where a database file says how it is written and read: 2 is WAL mode, and 1 is without a WAL. */
const JOURNAL_VERSIONS_AT = 18;
const WITHOUT_WAL = Uint8Array.of(1, 1);
/** What beside a database belongs to it. */
export const COMPANIONS = ['-wal', '-journal'];

export function checkBackupOptions(owner: string, options: BackupOptions | undefined): BackupOptions {
  checkOptions(owner, options, RULES);
  options?.signal?.throwIfAborted();
  return options ?? {};
}

/** Checks the path of a copy, and returns it as an absolute one. */
export function checkCopyPath(owner: string, path: unknown): string {
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0') || path === ':memory:') {
    throw new InvalidArgument(`${owner} expects the path of a file, got ${describe(path)}`);
  }
  const target = resolve(path);
  const folder = dirname(target);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new IoError(`${owner}: there is no folder ${folder}; make it first`);
  }
  return target;
}

/** Refuses to replace a file that is in use, and anything but a file. */
export function refuseTarget(target: string, source: string): void {
  const found = statSync(target, { throwIfNoEntry: false });
  const own = source === '' ? undefined : statSync(source, { throwIfNoEntry: false });
  if (found && own && found.dev === own.dev && found.ino === own.ino) {
    throw new InvalidArgument(`backup: ${target} is the file of the vault itself; choose another path`);
  }
  if (found && !found.isFile()) throw new IoError(`backup: ${target} is not a regular file; choose another path`);
  const companion = COMPANIONS.map((end) => target + end).find((path) => existsSync(path));
  if (companion === undefined) return;
  throw new DatabaseBusy(
    `backup: ${companion} exists, so a program may have ${target} open, or has left it unfinished; close that program, ` +
      'or choose another path',
  );
}

/** Copies a database to a path, which has the whole copy afterwards, or what it had before. */
export async function copyDatabase(
  source: BackupSource,
  target: string,
  { onProgress, signal }: BackupOptions,
  check?: (copy: string) => void,
): Promise<BackupResult> {
  const copy = `${target}.kohakuvault-${process.pid}-${process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex')}`;
  try {
    const copyAll = source.isEncrypted ? copyEncrypted : copyPages;
    const bytes = await copyAll(source, copy, { onProgress, signal });
    const file = await files().open(copy, 'r+');
    try {
      // A copy has no WAL, and a reader would make it.
      if (!source.isEncrypted) await written(file.fd, WITHOUT_WAL, 0, WITHOUT_WAL.length, JOURNAL_VERSIONS_AT);
      await synced(file.fd);
    } finally {
      await file.close();
    }
    check?.(copy);
    refuseIfEnded(source, signal);
    await files().rename(copy, target);
    await syncFolder(dirname(target));
    return { bytes };
  } catch (error) {
    for (const end of ['', ...COMPANIONS]) await files().rm(copy + end, { force: true });
    throw readable(error, source, target);
  }
}

/** Copies all pages. Returns their bytes. */
async function copyPages(source: BackupSource, copy: string, { onProgress, signal }: BackupOptions): Promise<number> {
  const { database, busyTimeout } = source;
  const pageSize = Number(database.pragma('page_size', { simple: true }));
  const pages = Math.max(1, Math.floor(STEP_BYTES / pageSize));
  const report = reportTo(onProgress, pageSize);
  const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) => {
    refuseIfEnded(source, signal);
    if (totalPages > 0) report(totalPages - remainingPages, totalPages);
    return pages;
  };
  const end = performance.now() + busyTimeout;
  for (;;) {
    refuseIfEnded(source, signal);
    const { totalPages } = await database.backup(copy, { progress });
    if (totalPages > 0) {
      refuseIfEnded(source, signal);
      report(totalPages, totalPages);
      return totalPages * pageSize;
    }
    // Without a WAL, a writer kept it from seeing how many pages there are.
    if (performance.now() >= end) {
      throw new DatabaseBusy('another connection holds the file, so it cannot be copied; try again');
    }
    await process.getBuiltinModule('node:timers/promises').setTimeout(PAUSE);
  }
}

/** Copies everything in one call, as the only way to encrypt the copy. It has the key of the file. */
async function copyEncrypted(source: BackupSource, copy: string, { onProgress }: BackupOptions): Promise<number> {
  source.database.prepare('VACUUM INTO ?').run(copy);
  const { size } = await files().stat(copy);
  reportTo(onProgress, 1)(size, size);
  return size;
}

function reportTo(onProgress: BackupOptions['onProgress'], unit: number): (done: number, total: number) => void {
  return (done, total) => {
    try {
      onProgress?.({ done: done * unit, total: total * unit });
    } catch (error) {
      throw new ThrownByUser(error);
    }
  };
}

function refuseIfEnded(source: BackupSource, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ThrownByUser(signal.reason);
  if (source.isCancelled()) throw errorOf('KV_CLOSED', 'the vault was closed while a backup was made; open it again');
}

/** What a function of the user, or the reason of their signal, ends a backup with. */
class ThrownByUser extends Error {
  constructor(cause: unknown) {
    super('ended by the user', { cause });
  }
}

/** Makes the new name of a file durable, where the system can do that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const opened = await files().open(folder, 'r');
  try {
    await synced(opened.fd);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes((error as { code: string }).code)) throw error;
  } finally {
    await opened.close();
  }
}

/** Returns the error that a user sees. What their own functions throw stays as it is. */
function readable(error: unknown, source: BackupSource, target: string): unknown {
  if (error instanceof ThrownByUser) return error.cause;
  if (source.isCancelled())
    return errorOf('KV_CLOSED', 'the vault was closed while a backup was made', { cause: error });
  const { syscall, message } = error as { syscall?: unknown; message: string };
  if (typeof syscall === 'string') {
    return new IoError(`${target} cannot be written: ${message}`, { cause: error });
  }
  return fromBetterSqlite3(error);
}
