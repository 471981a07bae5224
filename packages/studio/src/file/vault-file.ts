import { ColumnVault } from '@kohakuvault/columns';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  type Database,
  type DatabaseSource,
  openDatabase,
  type Structures,
  storedValues,
  structuresOf,
  tableEncoding,
} from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { keyValueInspector, StoredLook } from '@kohakuvault/kvault/inspect';
import { Encoding, type EncodingName, HEADER_LENGTH, readHeader, storedDecoder } from '@kohakuvault/packer/value';
import { TextVault } from '@kohakuvault/text';
import { declaredTexts } from '@kohakuvault/text/inspect';
import { type FieldTypes, type IdKind, VectorKVault } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';

/** Elements of columns that a thread keeps: those of the rows in view, and what it knows of the others. */
const RESIDENT_BYTES = 4 * 1024 * 1024;

/** A table of keys whose values are read as they are stored. */
export interface StoredTable {
  readonly table: string;
  readonly vault: KVault<Buffer, 'bytes', false>;
  readonly look: StoredLook;
  readonly encoding: { readonly name: string; readonly valueEncoding: EncodingName | undefined };
}

/** A table of vectors, or of texts, and what decodes its values. */
export interface Valued<Vault> {
  readonly vault: Vault;
  decode(stored: Buffer): unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the kind of its ids is known to the file only.
export type AnyVectors = VectorKVault<Buffer, 'auto', FieldTypes, any>;
export type AnyTexts = TextVault<Buffer, string>;

/**
 * The vaults of one thread on one file, each opened when it is needed first, and never on a table that does not exist:
 * to look at a file must not make tables.
 */
export class VaultFile implements Disposable {
  readonly connection: Connection;
  readonly #stored = new Map<string, StoredTable>();
  readonly #writable = new Map<string, KVault<unknown, 'bytes'>>();
  readonly #vectors = new Map<string, Valued<AnyVectors>>();
  readonly #texts = new Map<string, Valued<AnyTexts>>();
  #columns: ColumnVault | undefined;

  readonly #isOnlyRead: boolean;

  /** `source` is an open vault, a `Database` or a connection, of which this takes a share. */
  constructor(source: Exclude<DatabaseSource, string>, { readonly = true } = {}) {
    this.connection = openDatabase(source);
    this.#isOnlyRead = readonly;
  }

  get path(): string {
    return this.connection.path;
  }

  /** Whether nothing may be changed, also if the connection could. */
  get readonly(): boolean {
    return this.#isOnlyRead || this.connection.readonly;
  }

  /** The database, for reading. Taking it from the connection would make all reads slower. */
  get database(): Database {
    return this.connection.shared.database;
  }

  /** Runs reads of one state of the file. */
  consistently<T>(body: () => T): T {
    return this.connection.snapshot(body);
  }

  /** Returns a text that changes whenever anything in the file does. */
  version(): string {
    const read = (sql: string) => Number(this.database.prepare(sql).pluck().get());
    const own = read('SELECT total_changes()');
    return `${read('PRAGMA data_version')}.${own}`;
  }

  hasTable(table: string): boolean {
    return keyValueInspector.tables(this.database).main.includes(table);
  }

  /** Returns a table of keys. `NotFound` if there is none of the name. */
  stored(table: string): StoredTable {
    const known = this.#stored.get(table);
    if (known && this.hasTable(table)) return known;
    if (!this.hasTable(table)) {
      const names = keyValueInspector.tables(this.database).main;
      throw new NotFound(
        `there is no key-value table ${JSON.stringify(table)}; ${names.length > 0 ? `the file has ${names.join(', ')}` : 'the file has none'}`,
      );
    }
    const vault = new KVault(this.connection, { table, autoPack: false, keyEncoding: 'bytes', ...storedValues });
    const look = new StoredLook(this.database, table, vault, { Encoding, HEADER_LENGTH, readHeader });
    const made = { table, vault, look, encoding: tableEncoding(this.database, table) };
    this.#stored.set(table, made);
    return made;
  }

  /** Returns a vault that writes values in the encoding of a table. */
  writable(table: string): KVault<unknown, 'bytes'> {
    const { name, valueEncoding } = this.stored(table).encoding;
    if (valueEncoding === undefined) throw onlyByProgram(table, name);
    const known = this.#writable.get(table);
    if (known) return known;
    const made = new KVault<unknown, 'bytes'>(this.connection, { table, valueEncoding, keyEncoding: 'bytes' });
    this.#writable.set(table, made);
    return made;
  }

  /** Returns what decodes the stored values of a table; undefined if only a program can. */
  decoder(table: string): ((stored: Buffer) => unknown) | undefined {
    return storedDecoder(tableEncoding(this.database, table), () => this.structures);
  }

  get structures(): Structures {
    return structuresOf(this.connection);
  }

  /** The columns; `NotFound` if the file has none. */
  get columns(): ColumnVault {
    if (columnInspector.tables(this.database).main.length === 0) throw new NotFound('the file has no columns');
    this.#columns ??= new ColumnVault(this.connection, { residentBytes: RESIDENT_BYTES });
    return this.#columns;
  }

  vectors(table: string): Valued<AnyVectors> {
    const declared = declaredVectors(this.database);
    const found = declared.find((one) => one.table === table);
    if (!found) throw missing('vectors', table, declared);
    if (!found.shape) throw new NotFound(`${table} is a table of sqlite-vec, but not of a VectorKVault`);
    const { shape, settings } = found;
    return this.#valued(this.#vectors, table, () => {
      const options = { table, ...shape, ids: (settings.ids ?? 'i64') as IdKind, autoPack: false, ...storedValues };
      return new VectorKVault(this.connection, options) as AnyVectors;
    });
  }

  texts(table: string): Valued<AnyTexts> {
    const declared = declaredTexts(this.database);
    const found = declared.find((one) => one.table === table);
    if (!found) throw missing('texts', table, declared);
    const { declaration } = found;
    if (!declaration) throw new NotFound(`${table} is a table of FTS5, but not of a TextVault`);
    return this.#valued(
      this.#texts,
      table,
      () =>
        new TextVault<Buffer, string>(this.connection, {
          table,
          columns: declaration.columns,
          autoPack: false,
          ...storedValues,
        }),
    );
  }

  close(): void {
    for (const vault of this.#writable.values()) vault.close();
    for (const { vault } of [...this.#stored.values(), ...this.#vectors.values(), ...this.#texts.values()]) {
      vault.close();
    }
    this.#columns?.close();
    this.connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #valued<Vault>(kept: Map<string, Valued<Vault>>, table: string, open: () => Vault): Valued<Vault> {
    const known = kept.get(table);
    if (known) return known;
    const codec = () => {
      throw onlyByProgram(table, tableEncoding(this.database, table).name);
    };
    const made = { vault: open(), decode: this.decoder(table) ?? codec };
    kept.set(table, made);
    return made;
  }
}

/** Returns the error for values that the Studio cannot decode or encode. */
export function onlyByProgram(table: string, encoding: string): InvalidArgument {
  return new InvalidArgument(
    `the values of ${table} are encoded by ${JSON.stringify(encoding)}, a codec of a program, which alone reads and writes them`,
  );
}

function missing(what: string, table: string, declared: readonly { readonly table: string }[]): NotFound {
  const names = declared.map((one) => one.table);
  return new NotFound(
    `there are no ${what} called ${JSON.stringify(table)}; ${names.length > 0 ? `the file has ${names.join(', ')}` : 'the file has none'}`,
  );
}
