import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { FieldType, StoredField, StoredVector } from '@kohakuvault/vector/internal';
import { float8Cell, int8Cell, textCell } from '../client/copy-cells.ts';
import type { Cell } from '../client/copy-format.ts';
import { copyRowsOf } from '../client/copy-rows.ts';
import { ByteStrings, type Parameter, type Session, TextStrings } from '../client/session.ts';
import { batchesBy } from '../execution/batches.ts';
import { copiedIn } from '../execution/copied-in.ts';
import { FEW } from '../execution/pages.ts';
import { vectorIdMaker } from './new-ids.ts';
import { binaryOf } from './vector-cells.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { textOf } from './vector-text.ts';
import { fieldCast, fieldColumn, fieldParameter } from './where-sql.ts';

/** A vector that is checked and encoded. */
export interface NewRow {
  readonly id: VectorId | undefined;
  /** The vector, as `VectorFormat` has it. */
  readonly vector: Buffer;
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
  readonly vector: Buffer | undefined;
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
    const copied = rows.length > FEW ? await this.#copyIn(rows) : undefined;
    if (copied) return copied;
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

  /** Does the same for vectors whose ids are most likely new. */
  async addAll(rows: readonly NewRow[]): Promise<void> {
    if (!(await this.#copyIn(rows))) await this.putAll(rows);
  }

  async update(id: VectorId, { vector, value, fields }: RowChanges): Promise<boolean> {
    const { executor, sql, ids, fields: types, options } = this.#context;
    const parameters: Parameter[] = [ids.parameter(id)];
    const changed: string[] = [];
    const set = (column: string, cast: string, parameter: Parameter) => {
      changed.push(`${column} = $${parameters.push(parameter)}${cast}`);
    };
    if (vector !== undefined) set('vector', `::${sql.type}`, textOf(options.shape, vector));
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

  /** Brings vectors in by COPY, all or none. Returns their ids; undefined if it cannot. */
  async #copyIn(rows: readonly NewRow[]): Promise<VectorId[] | undefined> {
    const { executor, sql, ids, fields, options } = this.#context;
    const numbered = rows.map((row) => ({ ...row, number: this.#numberOf(row) }));
    const cellsOf = (row: (typeof numbered)[number]): Cell[] => [
      int8Cell(row.number),
      binaryOf(options.shape, row.vector),
      row.value,
      ...Object.entries(fields).map(([name, type]) => fieldCell(type, row.fields.get(name) ?? null)),
      ...(ids.kind === 'str' ? [textCell(row.id as string)] : []),
    ];
    const batches = batchesOf(numbered).map((batch) => () => copyRowsOf(batch.map(cellsOf)));
    const areIn = await copiedIn(executor, sql.copyIn, batches);
    return areIn ? numbered.map(({ id, number }) => id ?? number) : undefined;
  }

  #numberOf({ id }: NewRow): bigint {
    return typeof id === 'bigint' ? id : vectorIdMaker.next();
  }

  #parameters(rows: readonly NewRow[], numbers: readonly bigint[]): Parameter[] {
    const { fields, ids, options } = this.#context;
    const texts = ids.kind === 'str' ? [new TextStrings(rows.map(({ id }) => id as string))] : [];
    return [
      `{${numbers.join()}}`,
      new TextStrings(rows.map(({ vector }) => textOf(options.shape, vector))),
      new ByteStrings(rows.map(({ value }) => value)),
      ...Object.keys(fields).map((name) => new TextStrings(rows.map((row) => fieldText(row.fields.get(name) ?? null)))),
      ...texts,
    ];
  }
}

function fieldText(field: StoredField): string | null {
  return field === null ? null : String(field);
}

function fieldCell(type: FieldType, field: StoredField): Cell {
  if (field === null) return null;
  if (type === 'str') return textCell(field as string);
  return type === 'f64' ? float8Cell(Number(field)) : int8Cell(BigInt(field));
}

function batchesOf<R extends NewRow>(rows: readonly R[]): R[][] {
  return batchesBy(rows, BATCH_BYTES, ({ vector, value }) => vector.length + value.length);
}
