import { CorruptData } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import type { Statement } from 'better-sqlite3';
import { loadSqliteVec } from './extension.ts';
import type { VectorType } from './metrics.ts';
import type { Resident } from './resident.ts';
import { emptyTable, type TableNames } from './table.ts';

/** What a vector of another type than float has to be wrapped in on its way into vec0. */
const WRAPPED: Record<VectorType, string> = { f32: '?', int8: 'vec_int8(?)', bit: 'vec_bit(?)' };

/** How many vectors the copy in memory is told of at a time: many enough that the crossing costs nothing. */
const TOLD_AT_ONCE = 1024;

/** A vector to be written and its value, both as they are stored. */
export interface NewRow {
  readonly vector: Buffer;
  readonly value: Buffer;
}

/**
 * Writes vectors through sqlite-vec, and their values beside them. Each method is one transaction, and what it has written the
 * resident copy is told of before it commits; a rollback makes that copy stale, so that both always agree.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #resident: Resident;
  readonly #insertValue: Statement;
  readonly #insertVector: Statement;
  readonly #insertVectorAt: Statement;
  readonly #updateValue: Statement;
  readonly #deleteVector: Statement;
  readonly #deleteValue: Statement;

  constructor(connection: Connection, names: TableNames, type: VectorType, resident: Resident) {
    loadSqliteVec(connection);
    const { database } = connection.shared;
    this.#connection = connection;
    this.#names = names;
    this.#resident = resident;
    const { vec0, values } = names;
    this.#insertValue = database.prepare(`INSERT INTO ${values} (value) VALUES (?)`).safeIntegers();
    this.#insertVector = database
      .prepare(`INSERT INTO ${vec0} (value_ref, vector) VALUES (?, ${WRAPPED[type]})`)
      .safeIntegers();
    this.#insertVectorAt = database.prepare(
      `INSERT INTO ${vec0} (rowid, value_ref, vector) VALUES (?, ?, ${WRAPPED[type]})`,
    );
    this.#updateValue = database.prepare(`UPDATE ${values} SET value = ? WHERE id = ?`);
    this.#deleteVector = database.prepare(`DELETE FROM ${vec0} WHERE rowid = ?`);
    this.#deleteValue = database.prepare(`DELETE FROM ${values} WHERE id = ?`);
  }

  /** The ids of the new vectors. */
  insert(rows: readonly NewRow[]): bigint[] {
    return this.#write((keepsCopy) => {
      const all: bigint[] = [];
      for (let start = 0; start < rows.length; start += TOLD_AT_ONCE) {
        const some = rows.slice(start, start + TOLD_AT_ONCE);
        const valueIds = some.map(({ value }) => this.#insertValue.run(value).lastInsertRowid as bigint);
        const ids = some.map(
          ({ vector }, index) => this.#insertVector.run(valueIds[index], vector).lastInsertRowid as bigint,
        );
        for (const id of ids) all.push(id);
        if (!keepsCopy) continue;
        const vectors = Buffer.concat(some.map(({ vector }) => vector));
        this.#resident.inserted(BigInt64Array.from(ids), BigInt64Array.from(valueIds), vectors);
      }
      return all;
    });
  }

  /** Whether there was such a vector. `valueIdOf` finds the id of its value. */
  update(id: bigint, changes: Partial<NewRow>, valueIdOf: (id: bigint) => bigint | undefined): boolean {
    return this.#write((keepsCopy) => {
      const valueId = valueIdOf(id);
      if (valueId === undefined) return false;
      const { vector, value } = changes;
      if (value && this.#updateValue.run(value, valueId).changes === 0) {
        throw new CorruptData(
          `the vector ${id} of ${this.#names.table} has no value ${valueId}. Restore a backup, or delete the vector`,
        );
      }
      if (vector) {
        // vec0's own UPDATE takes no vectors but those of floats.
        this.#deleteVector.run(id);
        this.#insertVectorAt.run(id, valueId, vector);
        if (keepsCopy) this.#resident.replaced(id, vector);
      }
      return true;
    });
  }

  /** Whether there was such a vector. */
  delete(id: bigint, valueIdOf: (id: bigint) => bigint | undefined): boolean {
    return this.#write((keepsCopy) => {
      const valueId = valueIdOf(id);
      if (valueId === undefined) return false;
      this.#deleteVector.run(id);
      this.#deleteValue.run(valueId);
      if (keepsCopy) this.#resident.removed(id);
      return true;
    });
  }

  clear(): void {
    this.#write(() => {
      emptyTable(this.#connection, this.#names);
      this.#resident.forget();
    });
  }

  #write<T>(work: (keepsCopy: boolean) => T): T {
    return this.#connection.transaction(() => {
      const keepsCopy = this.#resident.beginWrite(this.#connection);
      return this.#connection.write(() => work(keepsCopy));
    });
  }
}
