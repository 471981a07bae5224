import type { Database } from 'better-sqlite3';
import { CorruptData, InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import { count, printable } from '../text/plain.ts';
import { type ForeignObject, foreignObjects } from './foreign-objects.ts';
import type { GivenOptions } from './options.ts';
import type { Query } from './query.ts';

const MiB = 1024 * 1024;
/**
 * The longest packed value, in bytes, that is decoded into objects, which can take 80 times as much: `[[], [], …]` has a
 * byte for each array. Bytes, texts and vectors may be longer.
 */
const MOST_PACKED = 8 * MiB;
/** How many objects a message names. */
const NAMED = 3;

/** The options that `untrusted` includes, and that cannot be given otherwise. */
export function untrustedOptions(given: GivenOptions): GivenOptions {
  if (!given.untrusted) return given;
  if (given.readonly === false) {
    throw new InvalidArgument('untrusted opens readonly; leave out readonly: false, or trust the file');
  }
  if (given.mmapSize !== undefined && given.mmapSize !== 0) {
    throw new InvalidArgument('untrusted maps nothing into memory; leave out mmapSize, or trust the file');
  }
  return { ...given, readonly: true, mmapSize: 0 };
}

/** Prepares a connection for a file of strangers, before anything of the file is read. */
export function harden(database: Database): void {
  // Functions that are not marked as harmless do not run from the schema, and neither do virtual tables.
  database.pragma('trusted_schema = OFF');
  // Damage inside a page is found when the page is read.
  database.pragma('cell_size_check = ON');
  // A file that becomes shorter while it is mapped would end the process.
  database.pragma('mmap_size = 0');
}

/** Refuses a file whose schema has SQL that would run, or could run when the file is read. */
export function refuseForeignObjects(database: Database): void {
  const cure = 'open it without untrusted if you trust its author, or copy its tables to another file';
  refuse(`${printable(database.name)} is opened as untrusted, and`, foreignObjects(database), cure);
}

/** Refuses a file in which a table that is read before any other is something else. */
export function refuseDisguised(database: Database, table: string): void {
  const found = foreignObjects(database).filter(({ name }) => name.toLowerCase() === table);
  refuse(
    printable(database.name),
    found,
    `KohakuVault keeps its settings in a table of that name, and does not open it`,
  );
}

function refuse(file: string, found: readonly ForeignObject[], cure: string): void {
  if (found.length === 0) return;
  const named = found.slice(0, NAMED).map(({ what }) => what);
  const more = found.length > NAMED ? ` and ${count(found.length - NAMED)} more` : '';
  throw new KohakuVaultError(`${file} has ${named.join(', ')}${more}; ${cure}`, { code: 'KV_UNTRUSTED' });
}

/** What a file of strangers may make us allocate. */
export class UntrustedFile {
  readonly #query: (sql: string) => Query<number>;

  /** `query` returns a SELECT or pragma with one number. */
  constructor(query: (sql: string) => Query<number>) {
    this.#query = query;
  }

  /** Refuses a length that the file cannot have: whatever is stored takes at least its own length in the file. */
  checkStored(bytes: number, what: () => string): void {
    const most = this.#read('PRAGMA main.page_count') * this.#read('PRAGMA main.page_size');
    if (bytes <= most) return;
    throw new CorruptData(`${what()} claims ${count(bytes)} bytes; the whole file has ${count(most)}`);
  }

  /** Refuses to decode a long packed value into objects. */
  checkPacked(bytes: number, what: () => string): void {
    if (bytes <= MOST_PACKED) return;
    throw new KohakuVaultError(
      `${what()} has ${count(bytes)} bytes, and could take all memory as objects. In a file that is opened as untrusted, ` +
        `packed values have at most ${count(MOST_PACKED)} bytes; read its bytes, or open the file without untrusted`,
      { code: 'KV_UNTRUSTED' },
    );
  }

  #read(pragma: string): number {
    return this.#query(pragma).get() ?? 0;
  }
}
