import { CorruptData, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import { loadSqliteVec } from './extension.ts';
import type { VectorType } from './metrics.ts';
import type { Resident } from './resident.ts';
import { ShadowTables } from './shadow-tables.ts';
import type { TableNames } from './table.ts';

/** What a vector of another type than float has to be wrapped in on its way into vec0. */
const WRAPPED: Record<VectorType, string> = { f32: '?', int8: 'vec_int8(?)', bit: 'vec_bit(?)' };

/** How many vectors the copy in memory is told of at a time: many enough that the crossing costs nothing. */
const TOLD_AT_ONCE = 1024;

/** What an error of vec0's comes as. */
const DAMAGE: readonly string[] = ['KV_ERROR', 'KV_INVALID_ARGUMENT'];

/** A vector to be written and its value, both as they are stored. */
export interface NewRow {
  readonly vector: Buffer;
  readonly value: Buffer;
}

/**
 * Writes vectors through sqlite-vec, and their values beside them. Each method is one transaction, and what it has
 * written the resident copy is told of before it commits; a rollback makes that copy stale, so that both always agree.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #resident: Resident;
  readonly #shadows: ShadowTables;
  readonly #insertValue: Statement;
  readonly #insertVector: Statement;
  readonly #insertVectorAt: Statement;
  readonly #updateValue: Statement;
  readonly #deleteVector: Statement;
  readonly #deleteValue: Statement;
  readonly #deleteValues: Statement;

  constructor(connection: Connection, names: TableNames, type: VectorType, resident: Resident) {
    loadSqliteVec(connection);
    this.#connection = connection;
    this.#names = names;
    this.#resident = resident;
    this.#shadows = new ShadowTables(connection, names.table);
    const { vec0, values } = names;
    this.#insertValue = connection.statement(`INSERT INTO ${values} (value) VALUES (?)`);
    this.#insertVector = connection.statement(`INSERT INTO ${vec0} (value_ref, vector) VALUES (?, ${WRAPPED[type]})`);
    this.#insertVectorAt = connection.statement(
      `INSERT INTO ${vec0} (rowid, value_ref, vector) VALUES (?, ?, ${WRAPPED[type]})`,
    );
    this.#updateValue = connection.statement(`UPDATE ${values} SET value = ? WHERE id = ?`);
    this.#deleteVector = connection.statement(`DELETE FROM ${vec0} WHERE rowid = ?`);
    this.#deleteValue = connection.statement(`DELETE FROM ${values} WHERE id = ?`);
    this.#deleteValues = connection.statement(`DELETE FROM ${values}`);
  }

  /** The ids of the new vectors. */
  insert(rows: readonly NewRow[]): bigint[] {
    return this.#write(() => {
      const all: bigint[] = [];
      for (let start = 0; start < rows.length; start += TOLD_AT_ONCE) {
        const some = rows.slice(start, start + TOLD_AT_ONCE);
        const valueIds = some.map(({ value }) => this.#insertValue.run(value).lastInsertRowid);
        const ids = some.map(
          ({ vector }, index) => this.#vec0(() => this.#insertVector.run(valueIds[index], vector)).lastInsertRowid,
        );
        for (const id of ids) all.push(id);
        const vectors = Buffer.concat(some.map(({ vector }) => vector));
        this.#resident.inserted(BigInt64Array.from(ids), BigInt64Array.from(valueIds), vectors);
      }
      return all;
    });
  }

  /** Whether there was such a vector. `valueIdOf` finds the id of its value. */
  update(id: bigint, changes: Partial<NewRow>, valueIdOf: (id: bigint) => bigint | undefined): boolean {
    return this.#write(() => {
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
        this.#vec0(() => this.#deleteVector.run(id));
        this.#vec0(() => this.#insertVectorAt.run(id, valueId, vector));
        this.#resident.replaced(id, vector);
      }
      return true;
    });
  }

  /** Whether there was such a vector. */
  delete(id: bigint, valueIdOf: (id: bigint) => bigint | undefined): boolean {
    return this.#write(() => {
      const valueId = valueIdOf(id);
      if (valueId === undefined) return false;
      this.#vec0(() => this.#deleteVector.run(id));
      this.#deleteValue.run(valueId);
      this.#resident.removed(id);
      return true;
    });
  }

  /**
   * Without vec0, which takes a hundred microseconds a row. To drop its table and make it again is worse: where that
   * fails, sqlite-vec 0.1.9 leaves the connection with a table that it has freed half of.
   */
  clear(): void {
    this.#write(() => {
      this.#vec0(() => this.#resident.clear());
      this.#deleteValues.run();
    });
  }

  /** What vec0 refuses of a row of the table's shape is damage, whatever it says of it. */
  #vec0<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KohakuVaultError) || !DAMAGE.includes(error.code)) throw error;
      throw new CorruptData(
        `the vectors of ${this.#names.table} cannot be changed: ${error.message}. The table is damaged, or is not ` +
          'of the shape it was opened with',
        { cause: error },
      );
    }
  }

  #write<T>(work: () => T): T {
    return this.#connection.transaction(() => {
      this.#shadows.check();
      this.#resident.beginWrite();
      // vec0 runs statements of its own inside each of ours.
      return this.#connection.write(work, 'nested');
    });
  }
}
