import { existsSync } from 'node:fs';
import { ColumnVault } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { storedValues, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { asAsync, KVault } from '@kohakuvault/kvault';
import { type DType, parseDType } from '@kohakuvault/packer';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { TextVault } from '@kohakuvault/text';
import { declaredTexts } from '@kohakuvault/text/inspect';
import { VectorKVault } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import { storedVectors } from '@kohakuvault/vector/internal';
import { contentsOf } from '../file/contents.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { FileTexts, FileVectors } from './file-rows.ts';
import { isRecordEncoding, RecordShelf } from './record-shelf.ts';
import {
  type ColumnShelf,
  LONG_VALUE,
  type NamedColumn,
  type NamedDict,
  type NamedRows,
  type RowShelf,
  type Shelf,
  type Side,
  type StoredItem,
} from './side.ts';

type Stored = KVault<Buffer, 'bytes', false>;

/** The dicts of a file. */
export class FileSide implements Side {
  readonly shown: string;
  readonly #file: OpenedFile;

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

  others(): string[] {
    const { database } = this.#file;
    const found = {
      'vectors of other programs': declaredVectors(database).filter(({ shape }) => !shape),
      'texts of other programs': declaredTexts(database).filter(({ declaration }) => !declaration),
      'other tables': contentsOf(database).others,
    };
    return Object.entries(found).flatMap(([what, tables]) => (tables.length > 0 ? [what] : []));
  }

  async open({ name, encoding }: NamedDict): Promise<Shelf> {
    const { source, connection } = this.#file;
    if (isRecordEncoding(encoding)) {
      const options = { table: name, valueEncoding: encoding, keyEncoding: 'bytes' } as const;
      return new RecordShelf(asAsync(new KVault<unknown, 'bytes'>(source, options)), encoding);
    }
    if (!connection.readonly) new KVault(source, { table: name, valueEncoding: encodingOf(encoding) }).close();
    const options = { table: name, autoPack: false, keyEncoding: 'bytes', ...storedValues } as const;
    return new FileShelf(new KVault<Buffer, 'bytes', false>(source, options));
  }

  async columns(): Promise<NamedColumn[]> {
    if (contentsOf(this.#file.database).columns.main.length === 0) return [];
    return new ColumnVault(this.#file.source).listColumns();
  }

  async openColumn({ name, dtype }: NamedColumn): Promise<ColumnShelf> {
    const vault = new ColumnVault(this.#file.source);
    const isThere = contentsOf(this.#file.database).columns.main.length > 0 && vault.has(name);
    const column = isThere ? vault.column(name, dtype as DType) : vault.createColumn(name, dtype as DType);
    const { kind, shape, elemSize, isVarsize } = parseDType(dtype);
    if (column.layout === '1.x' && kind === 'vec' && shape) {
      throw new InvalidArgument(
        `${this.shown} has the vectors of ${JSON.stringify(name)} in the layout of Python 1.x; ` +
          'kohakuvault convert --layout 0.7 --output makes a file that can be copied',
      );
    }
    return {
      elemSize: isVarsize ? 0 : elemSize,
      length: async () => column.length,
      read: async (start, end) => column.buffers(start, end),
      truncate: async (length) => column.truncate(length),
      append: async (block) => column.appendPrepared(block),
    };
  }

  async rowTables(): Promise<NamedRows[]> {
    const { database } = this.#file;
    const encoding = (table: string) => tableEncoding(database, table).name;
    const vectors = declaredVectors(database).flatMap(({ table: name, shape, settings }): NamedRows[] => {
      if (!shape) return [];
      const { fields, ids = 'i64' } = settings;
      const options = { ...shape, ids, ...(fields && { fields }) };
      return [{ kind: 'vectors', name, encoding: encoding(name), options }];
    });
    const texts = declaredTexts(database).flatMap(({ table: name, declaration }): NamedRows[] => {
      if (!declaration) return [];
      const { columns, tokenizer } = declaration;
      return [{ kind: 'texts', name, encoding: encoding(name), options: { columns, tokenizer } }];
    });
    return [...vectors, ...texts];
  }

  async openRows({ kind, name, encoding, options: own }: NamedRows): Promise<RowShelf> {
    const { source, connection } = this.#file;
    const options = { ...own, table: name };
    const named = { ...options, valueEncoding: encodingOf(encoding) };
    const stored = { ...options, autoPack: false, ...storedValues };
    if (kind === 'texts') {
      if (!connection.readonly) new TextVault(source, named as object).close();
      return new FileTexts(new TextVault<Buffer, string>(source, stored as object));
    }
    if (!connection.readonly) new VectorKVault(source, named as never).close();
    return new FileVectors(new VectorKVault(source, { ...stored, ...storedVectors } as never));
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

class FileShelf implements Shelf {
  readonly #vault: Stored;

  constructor(vault: Stored) {
    this.#vault = vault;
  }

  async *items(): AsyncGenerator<StoredItem, void, undefined> {
    for (const key of this.#vault.keys()) {
      const size = this.#vault.sizeOf(key);
      // Others may delete it between the two reads.
      if (size === undefined) continue;
      const value = size > LONG_VALUE ? undefined : this.#vault.get(key);
      // The row of a value in parts has another length than the value.
      yield { key, value: value?.length === size ? value : undefined };
    }
  }

  async setMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<void> {
    this.#vault.setMany(entries);
  }

  addMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<void> {
    return this.setMany(entries);
  }

  async deleteMany(keys: readonly Buffer[]): Promise<void> {
    this.#vault.deleteMany(keys);
  }

  read(key: Buffer) {
    return this.#vault.createReadStream(key);
  }

  async put(key: Buffer, source: ReturnType<Stored['createReadStream']>): Promise<void> {
    await this.#vault.putFile(key, source);
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }
}
