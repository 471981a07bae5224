import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { StoredField, StoredVector } from '@kohakuvault/vector/internal';
import { ByteStrings, type Parameter, type Session, TextStrings } from '../client/session.ts';
import { vectorIdMaker } from './new-ids.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { fieldCast, fieldColumn, fieldParameter } from './where-sql.ts';

/** A vector that is checked and encoded. */
export interface NewRow {
  readonly id: VectorId | undefined;
  /** The vector as pgvector reads it. */
  readonly vector: string;
  readonly value: Buffer;
  readonly fields: ReadonlyMap<string, StoredField>;
}

/** A vector as those who copy a table read and write it. */
export interface StoredVectorRow {
  readonly id: VectorId;
  readonly vector: StoredVector;
  readonly value: Buffer;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The changes of an update. */
export interface RowChanges {
  readonly vector: string | undefined;
  readonly value: Buffer | undefined;
  readonly fields: ReadonlyMap<string, StoredField>;
}

/** How many bytes of vectors and values one statement takes. Its parameters are in memory several times. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** Writes vectors with their values and fields. */
export class VectorWrites {
  readonly #context: VectorContext;

  constructor(context: VectorContext) {
    this.#context = context;
  }

  /** Inserts vectors, all or none. Returns their ids. */
  async insert(owner: string, rows: readonly NewRow[]): Promise<VectorId[]> {
    if (rows.length === 0) return [];
    const { executor } = this.#context;
    const insert = async (session: Session) => {
      const ids: VectorId[] = [];
      for (const batch of batchesOf(rows)) ids.push(...(await this.#insertBatch(session, owner, batch)));
      return ids;
    };
    // A statement for one vector is a transaction of its own.
    return await (rows.length === 1 ? executor.write(insert) : executor.atomically(insert));
  }

  async upsert(row: NewRow): Promise<VectorId> {
    const { executor, sql } = this.#context;
    const id = row.id as VectorId;
    const parameters = this.#parameters([row], [this.#numberOf(row)]);
    await executor.write((session) => session.query(sql.upsert, parameters));
    return id;
  }

  /** Writes vectors, in place of those that have their ids. */
  async putAll(rows: readonly NewRow[]): Promise<void> {
    const { executor, sql } = this.#context;
    await executor.atomically(async (session) => {
      for (const batch of batchesOf(rows)) {
        const numbers = batch.map((row) => this.#numberOf(row));
        await session.query(sql.upsert, this.#parameters(batch, numbers));
      }
    });
  }

  async update(id: VectorId, { vector, value, fields }: RowChanges): Promise<boolean> {
    const { executor, sql, ids, fields: types } = this.#context;
    const parameters: Parameter[] = [ids.parameter(id)];
    const changed: string[] = [];
    const set = (column: string, cast: string, parameter: Parameter) => {
      changed.push(`${column} = $${parameters.push(parameter)}${cast}`);
    };
    if (vector !== undefined) set('vector', `::${sql.type}`, vector);
    if (value !== undefined) set('value', '', value);
    for (const [name, stored] of fields) {
      set(fieldColumn(name), fieldCast(types[name] as 'i64'), fieldParameter(stored));
    }
    const is = `${ids.column} = $1::${ids.type}`;
    const text =
      changed.length > 0
        ? `UPDATE ${sql.table} SET ${changed.join(', ')} WHERE ${is}`
        : `SELECT 1 FROM ${sql.table} WHERE ${is}`;
    const { count } = await executor.write((session) => session.query(text, parameters));
    return count > 0;
  }

  async delete(deleted: readonly VectorId[]): Promise<number> {
    const { executor, sql, ids } = this.#context;
    const { count } = await executor.write((session) => session.query(sql.deleteMany, [ids.list(deleted)]));
    return count;
  }

  /** Inserts vectors by one statement, and again those whose new numbers were taken. */
  async #insertBatch(session: Session, owner: string, rows: readonly NewRow[]): Promise<VectorId[]> {
    const { sql, ids } = this.#context;
    const numbers = rows.map((row) => this.#numberOf(row));
    let missing = rows.map((_, place) => place);
    for (;;) {
      const parameters = this.#parameters(
        missing.map((place) => rows[place] as NewRow),
        missing.map((place) => numbers[place] as bigint),
      );
      const { rows: inserted } = await session.query(sql.insert, parameters);
      const done = new Set(inserted.map(([number]) => BigInt(number as string)));
      missing = missing.filter((place) => !done.delete(numbers[place] as bigint));
      for (const place of missing) {
        const id = rows[place]?.id;
        if (id !== undefined) {
          const shown = ids.kind === 'str' ? JSON.stringify(id) : id;
          throw new InvalidArgument(
            `${owner}: there is a vector with the id ${shown} already; use upsert, or another id`,
          );
        }
        numbers[place] = vectorIdMaker.skip();
      }
      if (missing.length === 0) return rows.map(({ id }, place) => id ?? (numbers[place] as bigint));
    }
  }

  #numberOf({ id }: NewRow): bigint {
    return typeof id === 'bigint' ? id : vectorIdMaker.next();
  }

  #parameters(rows: readonly NewRow[], numbers: readonly bigint[]): Parameter[] {
    const { fields, ids } = this.#context;
    const texts = ids.kind === 'str' ? [new TextStrings(rows.map(({ id }) => id as string))] : [];
    return [
      `{${numbers.join()}}`,
      new TextStrings(rows.map(({ vector }) => vector)),
      new ByteStrings(rows.map(({ value }) => value)),
      ...Object.keys(fields).map((name) => new TextStrings(rows.map((row) => textOf(row.fields.get(name) ?? null)))),
      ...texts,
    ];
  }
}

function textOf(field: StoredField): string | null {
  return field === null ? null : String(field);
}

function batchesOf(rows: readonly NewRow[]): NewRow[][] {
  const batches: NewRow[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const length = row.vector.length + row.value.length;
    if (bytes + length > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(row);
    bytes += length;
  }
  return batches;
}
