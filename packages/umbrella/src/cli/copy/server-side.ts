import { type DType, parseDType } from '@kohakuvault/packer';
import { connect, type PostgresColumns, type Store } from '@kohakuvault/postgres';
import { modelOf, storedAs, storedTexts, storedVectors } from '@kohakuvault/postgres/internal';
import { storedDocuments } from '@kohakuvault/text/internal';
import { DocumentShelf, noModel } from './document-shelf.ts';
import { NeutralValues, type RecordEncoding } from './neutral-values.ts';
import { recordColumn } from './record-column.ts';
import { ServerDict } from './server-dict.ts';
import { ServerRows } from './server-rows.ts';
import type { ColumnShelf, NamedColumn, NamedDict, NamedRows, RowShelf, Shelf, Side } from './side.ts';
import { textRow, vectorRow } from './stored-rows.ts';

/** The vault of columns that a file is copied to and from. */
const COLUMNS = 'columns';

/** The vaults of a schema of a server. */
export class ServerSide implements Side {
  readonly shown: string;
  readonly #store: Store;
  readonly #partitions: number | undefined;
  #columns: PostgresColumns | undefined;

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

  async others(): Promise<string[]> {
    const vaults = await this.#store.vaults();
    const columns = vaults.filter(({ name, kind }) => kind === 'columns' && name !== COLUMNS);
    return [
      ...columns.map(({ name }) => `the columns of the vault ${JSON.stringify(name)}`),
      ...((await this.#hasJobs()) ? ['the jobs of queues'] : []),
    ];
  }

  async open({ name, encoding }: NamedDict): Promise<Shelf> {
    const options = { ...storedAs(encoding), keyEncoding: 'bytes', partitions: this.#partitions } as const;
    const vault = await this.#store.kvault<unknown, 'bytes', boolean>(name, options);
    return new ServerDict(vault, NeutralValues.of(encoding));
  }

  async columns(): Promise<NamedColumn[]> {
    const isThere = (await this.#store.vaults()).some(({ name, kind }) => name === COLUMNS && kind === 'columns');
    return isThere ? await (await this.#store.columns(COLUMNS)).listColumns() : [];
  }

  async openColumn({ name, dtype, records }: NamedColumn): Promise<ColumnShelf> {
    this.#columns ??= await this.#store.columns(COLUMNS);
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
    return tables;
  }

  async openRows({ kind, name, encoding, options: own }: NamedRows): Promise<RowShelf> {
    if (kind === 'documents') {
      const options = { ...own, embed: noModel, partitions: this.#partitions };
      const documents = await this.#store.documents(name, options as never);
      return new DocumentShelf(documents[storedDocuments], () => documents.size());
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

  async #hasJobs(): Promise<boolean> {
    const table = `"${this.#store.schema.replaceAll('"', '""')}".kohakuvault_jobs`;
    return await this.#store.snapshot(async (tx) => {
      const [found] = await tx.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
      if (found?.there !== true) return false;
      const [jobs] = await tx.query<{ there: boolean }>(`SELECT EXISTS (SELECT FROM ${table}) AS there`);
      return jobs?.there === true;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1@');
}
