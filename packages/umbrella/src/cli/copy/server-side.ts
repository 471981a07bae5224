import type { Readable } from 'node:stream';
import { storedDType } from '@kohakuvault/columns/internal';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import { connect, type PostgresKVault, type Store } from '@kohakuvault/postgres';
import { storedAs, storedEntries, storedTexts, storedVectors } from '@kohakuvault/postgres/internal';
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
import { textRow, vectorRow } from './stored-rows.ts';

type Stored = PostgresKVault<Buffer, 'bytes', false>;

/** The vault of columns that a file is copied to and from. */
const COLUMNS = 'columns';

/** The dicts of a schema of a server. */
export class ServerSide implements Side {
  readonly shown: string;
  readonly #store: Store;
  readonly #partitions: number | undefined;

  private constructor(shown: string, store: Store, partitions: number | undefined) {
    this.shown = shown;
    this.#store = store;
    this.#partitions = partitions;
  }

  static async open(url: string, schema: string | undefined, partitions?: number): Promise<ServerSide> {
    return new ServerSide(withoutPassword(url), await connect(url, { schema }), partitions);
  }

  async dicts(): Promise<NamedDict[]> {
    return (await this.#store.vaults()).filter(({ kind }) => kind === 'kvault');
  }

  others(): string[] {
    return [];
  }

  async open({ name, encoding }: NamedDict): Promise<Shelf> {
    if (isRecordEncoding(encoding)) {
      const options = { valueEncoding: encoding, keyEncoding: 'bytes', partitions: this.#partitions } as const;
      return new RecordShelf(await this.#store.kvault<unknown, 'bytes'>(name, options), encoding);
    }
    const options = { ...storedAs(encoding), keyEncoding: 'bytes', partitions: this.#partitions } as const;
    return new ServerShelf(await this.#store.kvault<Buffer, 'bytes', false>(name, options));
  }

  async columns(): Promise<NamedColumn[]> {
    const isThere = (await this.#store.vaults()).some(({ name, kind }) => name === COLUMNS && kind === 'columns');
    return isThere ? await (await this.#store.columns(COLUMNS)).listColumns() : [];
  }

  async openColumn({ name, dtype }: NamedColumn): Promise<ColumnShelf> {
    if (storedDType(dtype).records) {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)} has records, whose keys a server cannot keep yet; leave columns out with --table`,
      );
    }
    const column = await (await this.#store.columns(COLUMNS)).ensure(name, dtype as DType);
    const { elemSize, isVarsize } = parseDType(dtype);
    return {
      elemSize: isVarsize ? 0 : elemSize,
      length: () => column.length(),
      read: (start, end) => column.buffers(start, end),
      truncate: (length) => column.truncate(length),
      append: (block) => column.appendPrepared(block),
    };
  }

  async rowTables(): Promise<NamedRows[]> {
    const vaults = await this.#store.vaults();
    return vaults.flatMap(({ name, kind, encoding, settings }): NamedRows[] => {
      if (kind === 'texts') return [{ kind, name, encoding, options: settings }];
      if (kind !== 'vectors') return [];
      const { fields, ...options } = settings;
      const hasFields = Object.keys(fields as object).length > 0;
      return [{ kind, name, encoding, options: hasFields ? { ...options, fields } : options }];
    });
  }

  async openRows({ kind, name, encoding, options: own }: NamedRows): Promise<RowShelf> {
    refuseLists(name, encoding);
    const options = { ...own, ...storedAs(encoding), partitions: this.#partitions };
    if (kind === 'texts') {
      const texts = await this.#store.texts<Buffer, string>(name, options as object);
      const stored = texts[storedTexts];
      return {
        rows: () => mapped(stored.rows(), textRow),
        rowsOf: async (ids) => (await stored.rowsOf(ids as bigint[])).map(textRow),
        put: (rows) => stored.put(rows.map(({ row }) => row as never)),
        deleteMany: (ids) => texts.deleteMany(ids as bigint[]),
        size: () => texts.size(),
      };
    }
    const vectors = await this.#store.vectors(name, options as never);
    const stored = vectors[storedVectors];
    return {
      rows: () => mapped(stored.rows(), vectorRow),
      rowsOf: async (ids) => (await stored.rowsOf(ids)).map(vectorRow),
      put: (rows) => stored.put(rows.map(({ row }) => row as never)),
      deleteMany: (ids) => vectors.deleteMany(ids as bigint[]),
      size: () => vectors.size(),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

function refuseLists(name: string, encoding: string): void {
  if (!isRecordEncoding(encoding)) return;
  throw new InvalidArgument(
    `the values of ${name} are encoded as ${JSON.stringify(encoding)}, which copy knows of dicts alone; name the dicts ` +
      'with --table, or set its values in a table with another encoding',
  );
}

async function* mapped<A, B>(items: AsyncIterable<A>, map: (item: A) => B): AsyncGenerator<B, void, undefined> {
  for await (const item of items) yield map(item);
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1@');
}

class ServerShelf implements Shelf {
  readonly #vault: Stored;

  constructor(vault: Stored) {
    this.#vault = vault;
  }

  async *items(): AsyncGenerator<StoredItem, void, undefined> {
    for await (const { key, value } of this.#vault[storedEntries].rows()) {
      yield { key, value: value && value.length > LONG_VALUE ? undefined : value };
    }
  }

  setMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<unknown> {
    return this.#vault.setMany(entries);
  }

  addMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<unknown> {
    return this.#vault[storedEntries].add(entries.map(([key, value]) => ({ key, value })));
  }

  deleteMany(keys: readonly Buffer[]): Promise<unknown> {
    return this.#vault.deleteMany(keys);
  }

  read(key: Buffer): Readable {
    return this.#vault.createReadStream(key);
  }

  put(key: Buffer, source: Readable): Promise<unknown> {
    return this.#vault.putFile(key, source);
  }

  size(): Promise<number> {
    return this.#vault.size();
  }
}
