import type { Database } from 'better-sqlite3';
import { detailOf } from '../errors/error-detail.ts';
import { InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { firstRow } from './statement.ts';

/** The key of a file: a passphrase, or bytes. */
export type EncryptionKey = string | Uint8Array;
/** The name of a cipher, or the pragmas that choose and configure it, in their order. */
export type Cipher = string | Readonly<Record<string, string | number>>;

/** How a file is encrypted, as SQL that each of its connections begins with. No message may show it. */
export interface Secret {
  readonly key: EncryptionKey;
  readonly cipher: Cipher | undefined;
  readonly unlock: readonly string[];
}

export const KEY_EXPECTED = 'a passphrase or bytes, not empty';

export function isKey(value: unknown): value is EncryptionKey {
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0;
}

const IS_NAME = /^[a-z][a-z0-9_]*$/i;
const HEADER = 'SQLite format 3\0';

/** Makes the secret of a file; undefined without a key. */
export function secretOf(given: EncryptionKey | undefined, cipher: Cipher | undefined): Secret | undefined {
  if (given !== undefined) {
    // A copy: the user may clear their memory.
    const key = typeof given === 'string' ? given : Uint8Array.from(given);
    return { key, cipher, unlock: [...cipherPragmas(cipher), keyPragma('key', key)] };
  }
  if (cipher === undefined) return undefined;
  throw new InvalidArgument('cipher was given without a key; pass both');
}

export function isSameSecret(one: Secret, other: Secret): boolean {
  return one.unlock.join('\n') === other.unlock.join('\n');
}

function keyPragma(name: 'key' | 'rekey', key: EncryptionKey): string {
  if (typeof key !== 'string') return `PRAGMA hex${name} = '${Buffer.from(key).toString('hex')}'`;
  if (key.includes('\0')) throw new InvalidArgument('the key has a NUL character; pass such a key as bytes');
  return `PRAGMA ${name} = ${quoted(key)}`;
}

function cipherPragmas(cipher: Cipher | undefined): string[] {
  const settings = typeof cipher === 'string' ? { cipher } : (cipher ?? {});
  return Object.entries(settings).map(([name, value]) => {
    if (!IS_NAME.test(name) || !['string', 'number'].includes(typeof value)) {
      throw new InvalidArgument(
        `cipher expects the names of pragmas with texts or numbers, got ${JSON.stringify(name)}`,
      );
    }
    return `PRAGMA ${name} = ${typeof value === 'string' ? quoted(value) : Number(value)}`;
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Gives a connection its key. Nothing of the file may have been read yet. */
export function unlock(database: Database, secret: Secret | undefined): void {
  for (const sql of secret?.unlock ?? []) firstRow(database, sql);
}

/** Refuses a key for a SQLite that would ignore it, and write what is secret in the clear. */
export function refuseUnlessEncrypting(Class: new (path: string) => Database): void {
  const database = new Class(':memory:');
  try {
    // An encrypting SQLite answers, or says that a database in memory has no key.
    if (firstRow(database, "PRAGMA key = 'key'") !== undefined) return;
  } catch {
    return;
  } finally {
    database.close();
  }
  throw new KohakuVaultError(
    'a key was given, and this SQLite does not encrypt; npm install better-sqlite3-multiple-ciphers, and pass ' +
      "driver: 'better-sqlite3-multiple-ciphers' or the class that it exports",
    { code: 'KV_RUNTIME_UNSUPPORTED' },
  );
}

/** Which classes of databases have an SQLite that encrypts. */
const encrypting = new WeakMap<object, boolean>();

/** Whether a database can have a key. Others read only files that anybody can read. */
export function canEncrypt(database: Database): boolean {
  const known = encrypting.get(database.constructor);
  if (known !== undefined) return known;
  const can = typeof (database as { key?: unknown }).key === 'function' || hasCodec(database);
  encrypting.set(database.constructor, can);
  return can;
}

/** Whether an SQLite was built with a codec, as SQLCipher is. This reads nothing of the file. */
function hasCodec(database: Database): boolean {
  const options = database.pragma('compile_options') as { compile_options: string }[];
  return options.some((option) => option.compile_options === 'HAS_CODEC');
}

/**
 * Whether bytes of the database must not be written elsewhere in the clear. The file's first bytes would tell it too, but
 * to close a handle of our own on the file ends the locks that SQLite has on it in this process. Another process that
 * closes the file then takes itself for the last user of the WAL, and deletes it.
 */
export function mayBeEncrypted(database: Database, secret: Secret | undefined): boolean {
  return secret !== undefined || canEncrypt(database);
}

/** Whether a file begins like every database that is not encrypted. The handle stays open: see `mayBeEncrypted`. */
export function beginsInTheClear(file: string): boolean {
  const { openSync, readSync } = process.getBuiltinModule('node:fs');
  const start = Buffer.alloc(HEADER.length);
  try {
    readSync(openSync(file, 'r'), start, 0, start.length, 0);
  } catch {
    return false;
  }
  return start.toString('latin1') === HEADER;
}

/** Runs the first read of a connection, which shows whether its key fits the file. */
export function withKeyChecked<T>(database: Database, secret: Secret | undefined, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const error = fromBetterSqlite3(thrown);
    if (detailOf(error) !== 'not-a-database' || (!secret && !canEncrypt(database))) throw error;
    throw new KohakuVaultError(
      secret
        ? `${database.name} cannot be read with this key: the key or the cipher is another, or the file is not ` +
            'encrypted; pass those that the file was made with'
        : `${database.name} is encrypted, or not a database; pass its key (the option key, or pragma('key=...') on a ` +
            'Database that you open)',
      { code: 'KV_WRONG_KEY', cause: error },
    );
  }
}

/** Gives the file another key. Returns its secret from then on. */
export function rekey(database: Database, secret: Secret | undefined, key: EncryptionKey): Secret | undefined {
  firstRow(database, keyPragma('rekey', key));
  return secretOf(key, secret?.cipher);
}
