import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { EncodedCodec, formatOf, nameOfEncoding, ValueCodec } from '@kohakuvault/packer/value';
import { type FieldTypes, type VectorFormat, vectorFormat } from '@kohakuvault/vector/internal';
import type { Executor } from '../execution/executor.ts';
import { VaultStructures } from '../kvault/structures.ts';
import { type Catalog, checkEntry, LAYOUT, type VaultEntry } from '../schema/catalog.ts';
import type { CheckedVectorsOptions } from './vector-options.ts';
import { makeVectorTable, VectorSql } from './vector-sql.ts';

/** What the calls of one vault of vectors share. */
export class VectorContext {
  readonly executor: Executor;
  readonly catalog: Catalog;
  readonly table: string;
  readonly options: CheckedVectorsOptions;
  readonly format: VectorFormat;
  readonly codec: ValueCodec<string | bigint>;
  readonly structures: VaultStructures;
  #fields: FieldTypes;
  #sql: VectorSql;
  #opened: Promise<void> | undefined;
  #open = true;

  constructor(catalog: Catalog, executor: Executor, table: string, options: CheckedVectorsOptions) {
    this.catalog = catalog;
    this.executor = executor;
    this.table = table;
    this.options = options;
    this.format = vectorFormat(options.shape);
    this.structures = new VaultStructures(catalog, table);
    const names = {
      given: (method: string | bigint) => `${method}: the value`,
      stored: (id: string | bigint) => `the value of vector ${id} in ${table}`,
    };
    const { valueEncoding } = options;
    this.codec =
      valueEncoding === 'auto'
        ? new ValueCodec(names, options)
        : new EncodedCodec(
            names,
            nameOfEncoding('vectors', valueEncoding),
            formatOf(valueEncoding, () => this.structures),
          );
    this.#fields = options.fields ?? {};
    this.#sql = new VectorSql(catalog, table, options.shape, this.#fields);
  }

  get open(): boolean {
    return this.#open;
  }

  /** The types of the fields: those of the table once it is open. */
  get fields(): FieldTypes {
    return this.#fields;
  }

  get sql(): VectorSql {
    return this.#sql;
  }

  /** Finds or makes the table, once. */
  async ready(): Promise<void> {
    this.assertOpen();
    this.#opened ??= this.#openTable().catch((error) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
    this.assertOpen();
  }

  assertOpen(): void {
    if (this.#open) return;
    throw new KohakuVaultError(`the vectors ${this.table} are closed; open them again`, { code: 'KV_CLOSED' });
  }

  close(): void {
    this.#open = false;
  }

  async #openTable(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const encoding = this.codec.encoding;
    const { shape, partitions, fields = {} } = options;
    const settings = { ...shape, fields };
    const wanted: VaultEntry = { name: table, kind: 'vectors', layout: LAYOUT, partitions, encoding, settings };
    const sql = this.#sql;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeVectorTable(session, catalog, table, { sql, fields, partitions }),
    );
    checkEntry(entry, 'vectors');
    this.#checkSame(entry, encoding);
    this.#fields = entry.settings.fields as FieldTypes;
    this.#sql = new VectorSql(catalog, table, shape, this.#fields);
    if (encoding === 'msgpack' || encoding === 'cbor') await this.structures.read(executor);
  }

  #checkSame({ settings, encoding }: VaultEntry, wanted: string): void {
    const { shape, fields } = this.options;
    for (const name of ['dimensions', 'vectorType', 'metric'] as const) {
      if (settings[name] === shape[name]) continue;
      throw new InvalidArgument(
        `the vectors ${this.table} have the ${name} ${describe(settings[name])}; expected ${describe(shape[name])}`,
      );
    }
    if (encoding !== wanted) {
      throw new InvalidArgument(
        `the values of ${this.table} are encoded as ${describe(encoding)}; pass valueEncoding: ${describe(encoding)}`,
      );
    }
    const stored = settings.fields as FieldTypes;
    for (const [name, type] of Object.entries(fields ?? {})) {
      if (stored[name] === type) continue;
      throw new InvalidArgument(
        `the vectors ${this.table} have the fields ${JSON.stringify(stored)}; ${describe(name)} is not ${type} there`,
      );
    }
  }
}
