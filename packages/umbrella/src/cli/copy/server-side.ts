import { type DType, parseDType } from '@kohakuvault/packer';
import { connect, type PostgresColumns, type Store } from '@kohakuvault/postgres';
import { modelOf, storedAs, storedJobs, storedTexts, storedVectors } from '@kohakuvault/postgres/internal';
import { storedDocuments } from '@kohakuvault/text/internal';
import { documentShelf, jobShelf, noModel } from './copied-shelf.ts';
import { NeutralValues, type RecordEncoding } from './neutral-values.ts';
import { recordColumn } from './record-column.ts';
import { ServerDict } from './server-dict.ts';
import { ServerRows } from './server-rows.ts';
import type { ColumnShelf, NamedColumn, NamedDict, NamedRows, RowShelf, Shelf, Side } from './side.ts';
import { textRow, vectorRow } from './stored-rows.ts';

/** What of a server is copied. */
interface ServerOptions {
  readonly schema: string | undefined;
  readonly partitions?: number | undefined;
  /** The vault of columns that takes the place of the only one that a file has. Default 'columns'. */
  readonly columns?: string | undefined;
}

/** The vaults of a schema of a server. */
export class ServerSide implements Side {
  readonly shown: string;
  readonly #store: Store;
  readonly #partitions: number | undefined;
  readonly #nameOfColumns: string;
  #columns: PostgresColumns | undefined;

  private constructor(shown: string, store: Store, { partitions, columns = 'columns' }: ServerOptions) {
    this.shown = shown;
    this.#store = store;
    this.#partitions = partitions;
    this.#nameOfColumns = columns;
  }

  static async open(url: string, options: ServerOptions): Promise<ServerSide> {
    return new ServerSide(withoutPassword(url), await connect(url, { schema: options.schema }), options);
  }

  async dicts(): Promise<NamedDict[]> {
    return (await this.#store.vaults()).filter(({ kind }) => kind === 'kvault');
  }

  async others(): Promise<string[]> {
    const vaults = await this.#store.vaults();
    const columns = vaults.filter(({ name, kind }) => kind === 'columns' && name !== this.#nameOfColumns);
    return columns.map(({ name }) => `the columns of the vault ${JSON.stringify(name)}`);
  }

  async open({ name, encoding }: NamedDict): Promise<Shelf> {
    const options = { ...storedAs(encoding), keyEncoding: 'bytes', partitions: this.#partitions } as const;
    const vault = await this.#store.kvault<unknown, 'bytes', boolean>(name, options);
    return new ServerDict(vault, NeutralValues.of(encoding));
  }

  async columns(): Promise<NamedColumn[]> {
    const isThere = (await this.#store.vaults()).some(
      ({ name, kind }) => name === this.#nameOfColumns && kind === 'columns',
    );
    return isThere ? await (await this.#store.columns(this.#nameOfColumns)).listColumns() : [];
  }

  async openColumn({ name, dtype, records }: NamedColumn): Promise<ColumnShelf> {
    this.#columns ??= await this.#store.columns(this.#nameOfColumns);
    const column = await this.#columns.ensure(name, dtype as DType, { records: records ?? false });
    if (records) return recordColumn(column as never, column.dtype as RecordEncoding);
    const { elemSize, isVarsize } = parseDType(column.dtype);
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
    const tables: NamedRows[] = [];
    for (const { name, kind, encoding, settings } of vaults) {
      if (kind === 'texts') tables.push({ kind, name, encoding, options: settings });
      if (kind === 'vectors') {
        const { fields, ...options } = settings;
        const hasFields = Object.keys(fields as object).length > 0;
        tables.push({ kind, name, encoding, options: hasFields ? { ...options, fields } : options });
      }
      if (kind === 'documents') {
        const { model, dimensions } = await this.#store[modelOf](name);
        tables.push({ kind, name, encoding, options: { ...settings, model, dimensions } });
      }
    }
    const queues = await this.#store[storedJobs]();
    return [...tables, ...queues.map((name): NamedRows => ({ kind: 'jobs', name, encoding: 'auto', options: {} }))];
  }

  async openRows({ kind, name, encoding, options: own }: NamedRows): Promise<RowShelf> {
    if (kind === 'jobs') return jobShelf(this.#store[storedJobs](name));
    if (kind === 'documents') {
      const options = { ...own, embed: noModel, partitions: this.#partitions };
      const documents = await this.#store.documents(name, options as never);
      return documentShelf(documents[storedDocuments], () => documents.size());
    }
    const options = { ...own, ...storedAs(encoding), partitions: this.#partitions };
    const neutral = NeutralValues.of(encoding);
    if (kind === 'texts') {
      const texts = await this.#store.texts<Buffer, string>(name, options as object);
      return new ServerRows(texts[storedTexts], texts as never, textRow, neutral);
    }
    const vectors = await this.#store.vectors(name, options as never);
    return new ServerRows(vectors[storedVectors], vectors as never, vectorRow, neutral);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1@');
}
