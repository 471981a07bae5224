import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { EncodedCodec, formatOf, nameOfEncoding, ValueCodec } from '@kohakuvault/packer/value';
import { type FieldTypes, type IdKind, type VectorFormat, vectorFormat } from '@kohakuvault/vector/internal';
import type { Executor } from '../execution/executor.ts';
import { VaultStructures } from '../kvault/structures.ts';
import { type Catalog, checkEntry, LAYOUT, type VaultEntry } from '../schema/catalog.ts';
import { TableContext } from '../schema/table-context.ts';
import { type VectorIds, vectorIds } from './vector-ids.ts';
import type { CheckedVectorsOptions } from './vector-options.ts';
import { makeVectorTable, VectorSql } from './vector-sql.ts';

/** What the calls of one vault of vectors share. */
export class VectorContext extends TableContext {
  protected readonly shown = 'the vault of vectors';
  readonly options: CheckedVectorsOptions;
  readonly format: VectorFormat;
  readonly codec: ValueCodec<string | bigint>;
  readonly structures: VaultStructures;
  #fields: FieldTypes;
  #ids: VectorIds;
  #sql: VectorSql;

  constructor(catalog: Catalog, executor: Executor, table: string, options: CheckedVectorsOptions) {
    super(catalog, executor, table);
    this.options = options;
    // Stored vectors are written as they are: one that has the length 1 might get other bits.
    const isStored = options.storedEncoding !== undefined && options.shape.vectorType === 'f32';
    this.format = vectorFormat(isStored ? { ...options.shape, metric: 'l2' } : options.shape);
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
    this.#ids = vectorIds(options.ids ?? 'i64');
    this.#sql = new VectorSql(catalog, table, options.shape, this.#fields, this.#ids);
  }

  /** The types of the fields: those of the table once it is open. */
  get fields(): FieldTypes {
    return this.#fields;
  }

  /** The ids: of the kind that the table has once it is open. */
  get ids(): VectorIds {
    return this.#ids;
  }

  get sql(): VectorSql {
    return this.#sql;
  }

  protected async openTables(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const encoding = options.storedEncoding ?? this.codec.encoding;
    const { shape, partitions, fields = {}, ids = 'i64' } = options;
    const settings = { ...shape, fields, ids };
    const wanted: VaultEntry = { name: table, kind: 'vectors', layout: LAYOUT, partitions, encoding, settings };
    const sql = this.#sql;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeVectorTable(session, catalog, table, { sql, fields, partitions, ids: this.#ids }),
    );
    checkEntry(entry, 'vectors');
    this.#checkSame(entry, encoding);
    this.#fields = entry.settings.fields as FieldTypes;
    this.#ids = vectorIds((entry.settings.ids ?? 'i64') as IdKind);
    this.#sql = new VectorSql(catalog, table, shape, this.#fields, this.#ids);
    if (encoding === 'msgpack' || encoding === 'cbor') await this.structures.read(executor);
  }

  #checkSame({ settings, encoding }: VaultEntry, wanted: string): void {
    const { shape, fields, ids = 'i64' } = this.options;
    for (const name of ['dimensions', 'vectorType', 'metric'] as const) {
      if (settings[name] === shape[name]) continue;
      throw new InvalidArgument(
        `the vectors ${this.table} have the ${name} ${describe(settings[name])}; expected ${describe(shape[name])}`,
      );
    }
    const { ids: stored = 'i64' } = settings;
    if (ids !== stored) {
      const cure = stored === 'str' ? "open them with ids: 'str'" : 'leave ids out, or choose another name';
      throw new InvalidArgument(`the ids of the vectors ${this.table} are of the kind ${describe(stored)}; ${cure}`);
    }
    if (encoding !== wanted) {
      throw new InvalidArgument(
        `the values of ${this.table} are encoded as ${describe(encoding)}; pass valueEncoding: ${describe(encoding)}`,
      );
    }
    const types = settings.fields as FieldTypes;
    for (const [name, type] of Object.entries(fields ?? {})) {
      if (types[name] === type) continue;
      throw new InvalidArgument(
        `the vectors ${this.table} have the fields ${JSON.stringify(types)}; ${describe(name)} is not ${type} there`,
      );
    }
  }
}
