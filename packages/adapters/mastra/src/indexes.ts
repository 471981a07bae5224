import { NotFound } from '@kohakuvault/core-native/internal';
import { type Connection, type DatabaseSource, openDatabase } from '@kohakuvault/core-native/internal/database';
import { type ConnectionOptions, type FieldTypes, VectorKVault } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import { fieldsOfMetadata } from '../../shared/src/split-filter.ts';
import type { TextIdVault } from '../../shared/src/vector-rows.ts';
import { type MastraMetric, metricOf } from './metrics.ts';

/** What is stored with a vector. */
export interface Stored {
  // biome-ignore lint/suspicious/noExplicitAny: as in Mastra.
  readonly metadata: Record<string, any>;
}

interface Shape {
  readonly dimensions: number;
  readonly metric: string;
}

/** The indexes of a store: tables of vectors whose names begin alike. */
export class Indexes {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #fields: FieldTypes | undefined;
  readonly #open = new Map<string, TextIdVault<Stored>>();

  constructor(
    source: DatabaseSource,
    options: ConnectionOptions | undefined,
    prefix: string,
    fields: FieldTypes | undefined,
  ) {
    this.#connection = openDatabase(source, options);
    this.#prefix = prefix;
    this.#fields = fields;
  }

  names(): string[] {
    return vectorInspector
      .list(this.#connection.shared.database)
      .filter(({ table, ids }) => table.startsWith(this.#prefix) && ids === 'str')
      .map(({ table }) => table.slice(this.#prefix.length));
  }

  create(name: string, dimensions: number, metric: MastraMetric): void {
    this.#make(name, { dimensions, metric: metricOf(metric) });
  }

  /** Returns the vault of an index. Throws `NotFound` if there is none of this name. */
  get(name: string): TextIdVault<Stored> {
    const open = this.#open.get(name);
    if (open?.open) return open;
    const found = this.find(name);
    if (found) return this.#make(name, found);
    throw new NotFound(`there is no index ${JSON.stringify(name)}; make it by createIndex`);
  }

  find(name: string): Shape | undefined {
    const table = this.#prefix + name;
    return vectorInspector.list(this.#connection.shared.database).find((each) => each.table === table);
  }

  drop(name: string): void {
    this.get(name).dropTable();
    this.#open.delete(name);
  }

  close(): void {
    for (const vault of this.#open.values()) vault.close();
    this.#open.clear();
    this.#connection.close();
  }

  #make(name: string, { dimensions, metric }: Shape): TextIdVault<Stored> {
    const fields = this.#fields;
    const vault = new VectorKVault<Stored, 'auto', FieldTypes, 'str'>(this.#connection, {
      table: this.#prefix + name,
      dimensions,
      metric: metric as 'cosine',
      ids: 'str',
      ...(fields && { fields, fieldsOf: ({ metadata }: Stored) => fieldsOfMetadata(fields, metadata) }),
    });
    this.#open.set(name, vault);
    return vault;
  }
}
