import { ALL_IDS } from '@kohakuvault/core-native/internal';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { type ReadVector, vectorPages, vectorsOf } from './vector-pages.ts';
import type { VectorRows } from './vector-rows.ts';
import type { NewRow, StoredVectorRow, VectorWrites } from './vector-writes.ts';

/** The vectors of one vault as they are stored, for those who copy them. */
export class CopiedVectors {
  readonly #context: VectorContext;
  readonly #rows: VectorRows;
  readonly #writes: VectorWrites;

  constructor(context: VectorContext, rows: VectorRows, writes: VectorWrites) {
    this.#context = context;
    this.#rows = rows;
    this.#writes = writes;
  }

  async *rows(): AsyncGenerator<StoredVectorRow, void, undefined> {
    await this.#context.ready();
    for await (const page of vectorPages(this.#context, ALL_IDS, 'all')) {
      for (const row of page) yield this.#shown(row);
    }
  }

  /** Returns those of some vectors that there are. */
  async rowsOf(ids: readonly VectorId[]): Promise<StoredVectorRow[]> {
    await this.#context.ready();
    return (await vectorsOf(this.#context, ids)).map((row) => this.#shown(row));
  }

  /** Writes vectors, in place of those that have their ids: all of them or none. */
  async put(rows: readonly StoredVectorRow[]): Promise<void> {
    await this.#context.ready();
    await this.#writes.putAll(rows.map((row) => this.#encoded(row)));
  }

  /** Does the same for vectors whose ids are most likely new. */
  async add(rows: readonly StoredVectorRow[]): Promise<void> {
    await this.#context.ready();
    await this.#writes.addAll(rows.map((row) => this.#encoded(row)));
  }

  /** Decodes the values of rows, in their order. */
  decode(rows: readonly StoredVectorRow[]): Promise<unknown[]> {
    return this.#rows.decoded(() => rows.map(({ value, id }) => this.#rows.decodeValue(value, id)));
  }

  /** Encodes values, as rows have them. */
  encode(values: readonly unknown[]): Promise<Buffer[]> {
    return this.#rows.written(() => values.map((value) => this.#rows.encodeValue('copy', value)));
  }

  #shown({ id, vector, value, fields }: ReadVector): StoredVectorRow {
    return { id, vector: this.#rows.decodeVector(vector), value, fields };
  }

  #encoded({ id, vector, value, fields }: StoredVectorRow): NewRow {
    return {
      id: this.#context.ids.check('copy', id),
      vector: this.#rows.encodeVector('copy', vector),
      value,
      fields: this.#rows.encodeFields('copy', {}, fields),
    };
  }
}
