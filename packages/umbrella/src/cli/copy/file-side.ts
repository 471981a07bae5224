import { existsSync } from 'node:fs';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { storedValues, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { JOBS, JobRows, queuesOf } from '@kohakuvault/kvault/inspect';
import type { DType } from '@kohakuvault/packer';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { DocumentVault, TextVault } from '@kohakuvault/text';
import { declaredDocuments, declaredTexts } from '@kohakuvault/text/inspect';
import { storedDocuments } from '@kohakuvault/text/internal';
import { VectorKVault } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import { storedVectors } from '@kohakuvault/vector/internal';
import { contentsOf } from '../file/contents.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { documentShelf, jobShelf, noModel } from './copied-shelf.ts';
import { fileColumn } from './file-column.ts';
import { FileDict } from './file-dict.ts';
import { FileTexts, FileVectors } from './file-rows.ts';
import { NeutralValues, type RecordEncoding } from './neutral-values.ts';
import { recordColumn } from './record-column.ts';
import type { ColumnShelf, NamedColumn, NamedDict, NamedRows, RowShelf, Shelf, Side } from './side.ts';

/** The vaults of a file. */
export class FileSide implements Side {
  readonly shown: string;
  readonly #file: OpenedFile;
  #opened: ColumnVault | undefined;

  private constructor(path: string, file: OpenedFile) {
    this.shown = path;
    this.#file = file;
  }

  static source(path: string): FileSide {
    return new FileSide(path, new OpenedFile(path));
  }

  static target(path: string, busyTimeout: number | undefined): FileSide {
    // Read first, so that a file of something else is refused before it is changed.
    if (existsSync(path)) new OpenedFile(path)[Symbol.dispose]();
    return new FileSide(path, new OpenedFile(path, { writable: 'or new', busyTimeout }));
  }

  async dicts(): Promise<NamedDict[]> {
    const { database } = this.#file;
    return contentsOf(database).kv.main.map((name) => ({ name, encoding: tableEncoding(database, name).name }));
  }

  async others(): Promise<string[]> {
    const { database } = this.#file;
    const ofDocuments = this.#tablesOfDocuments();
    const tables = contentsOf(database).others.filter((name) => !ofDocuments.has(name));
    const found = {
      'vectors of other programs': declaredVectors(database).filter(({ shape }) => !shape),
      'texts of other programs': declaredTexts(database).filter(({ declaration }) => !declaration),
      'other tables': tables.filter((name) => name !== JOBS),
    };
    return Object.entries(found).flatMap(([what, tables]) => (tables.length > 0 ? [what] : []));
  }

  async open({ name, encoding }: NamedDict): Promise<Shelf> {
    const { source, connection, database } = this.#file;
    const neutral = NeutralValues.of(encoding);
    if (!connection.readonly) new KVault(source, { table: name, valueEncoding: encodingOf(encoding) }).close();
    const how = neutral ? { valueEncoding: encodingOf(encoding) } : { autoPack: false, ...storedValues };
    return new FileDict(new KVault(source, { table: name, keyEncoding: 'bytes', ...how }), database, neutral);
  }

  async columns(): Promise<NamedColumn[]> {
    if (contentsOf(this.#file.database).columns.main.length === 0) return [];
    return this.#columnVault.listColumns();
  }

  async openColumn({ name, dtype, records }: NamedColumn): Promise<ColumnShelf> {
    const column = this.#columnVault.ensure(name, dtype as DType, { records: records ?? false });
    return records ? recordColumn(column, column.dtype as RecordEncoding) : fileColumn(column as unknown as Column);
  }

  async rowTables(): Promise<NamedRows[]> {
    const { database } = this.#file;
    const encoding = (table: string) => tableEncoding(database, table).name;
    const ofDocuments = this.#tablesOfDocuments();
    const vectors = declaredVectors(database).flatMap(({ table: name, shape, settings }): NamedRows[] => {
      if (!shape || ofDocuments.has(name)) return [];
      const { fields, ids = 'i64' } = settings;
      const options = { ...shape, ids, ...(fields && { fields }) };
      return [{ kind: 'vectors', name, encoding: encoding(name), options }];
    });
    const texts = declaredTexts(database).flatMap(({ table: name, declaration }): NamedRows[] => {
      if (!declaration || ofDocuments.has(name)) return [];
      const { columns, tokenizer } = declaration;
      return [{ kind: 'texts', name, encoding: encoding(name), options: { columns, tokenizer } }];
    });
    const documents = declaredDocuments(database).map(({ table: name, model, dimensions, tokenizer }): NamedRows => {
      return { kind: 'documents', name, encoding: 'auto', options: { model, dimensions, tokenizer } };
    });
    const jobs = queuesOf(database).map((name): NamedRows => ({ kind: 'jobs', name, encoding: 'auto', options: {} }));
    return [...vectors, ...texts, ...documents, ...jobs];
  }

  async openRows({ kind, name, encoding, options: own }: NamedRows): Promise<RowShelf> {
    const { source, connection } = this.#file;
    if (kind === 'jobs') return jobShelf(new JobRows(connection, name));
    if (kind === 'documents') {
      const vault = new DocumentVault(source, { ...own, table: name, embed: noModel } as never);
      return documentShelf(vault[storedDocuments], async () => vault.size);
    }
    const neutral = NeutralValues.of(encoding);
    const options = { ...own, table: name };
    const named = { ...options, valueEncoding: encodingOf(encoding) };
    const stored = neutral ? named : { ...options, autoPack: false, ...storedValues };
    if (kind === 'texts') {
      if (!connection.readonly) new TextVault(source, named as object).close();
      return new FileTexts(new TextVault<unknown, string>(source, stored as object), neutral);
    }
    if (!connection.readonly) new VectorKVault(source, named as never).close();
    return new FileVectors(new VectorKVault(source, { ...stored, ...storedVectors } as never), neutral);
  }

  /** The tables of documents, which are not vaults of their own. */
  #tablesOfDocuments(): Set<string> {
    return new Set(declaredDocuments(this.#file.database).flatMap(({ table, related }) => [table, ...related]));
  }

  get #columnVault(): ColumnVault {
    this.#opened ??= new ColumnVault(this.#file.source);
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file[Symbol.dispose]();
  }
}

/** Returns an encoding by which a table is made. Its values are copied as they are, so nothing is encoded by it. */
function encodingOf(name: string): ValueEncoding {
  const known = ['auto', 'msgpack', 'cbor', 'json', 'utf8', 'binary'] as const;
  const found = known.find((one) => one === name);
  return found ?? { name, encode: (value: Buffer) => value, decode: (bytes) => bytes };
}
