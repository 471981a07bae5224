import { CorruptData, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import { loadSqliteVec } from './extension.ts';
import { ALL_IDS } from './id-range.ts';
import type { VectorType } from './metrics.ts';
import type { ResidentVectors } from './resident-vectors.ts';
import { ShadowTables } from './shadow-tables.ts';
import type { StoredRows } from './stored-rows.ts';
import type { TableNames } from './table.ts';

/** How SQL passes a vector of each type to vec0. */
const PARAMETER: Record<VectorType, string> = { f32: '?', int8: 'vec_int8(?)', bit: 'vec_bit(?)' };

/** The number of vectors that one call adds to the resident copy. It makes the cost of the call negligible. */
const BATCH = 1024;

/** The codes of vec0's errors. */
const DAMAGE: readonly string[] = ['KV_ERROR', 'KV_INVALID_ARGUMENT'];

/** A vector and its value, both encoded. */
export interface NewRow {
  readonly vector: Buffer;
  readonly value: Buffer;
}

/**
 * Writes vectors through sqlite-vec, and their values beside them. Each method is one transaction, which updates the
 * resident copy before it commits. A rollback makes the copy stale, so that the file and the copy always agree.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #resident: ResidentVectors;
  readonly #shadows: ShadowTables;
  readonly #insertValue: Statement;
  readonly #insertVector: Statement;
  readonly #insertVectorAt: Statement;
  readonly #updateValue: Statement;
  readonly #deleteVector: Statement;
  readonly #deleteValue: Statement;
  readonly #deleteValues: Statement;

  constructor(connection: Connection, names: TableNames, type: VectorType, resident: ResidentVectors) {
    loadSqliteVec(connection);
    this.#connection = connection;
    this.#names = names;
    this.#resident = resident;
    this.#shadows = new ShadowTables(connection, names.table);
    const { vec0, values } = names;
    this.#insertValue = connection.statement(`INSERT INTO ${values} (value) VALUES (?)`);
    this.#insertVector = connection.statement(`INSERT INTO ${vec0} (value_ref, vector) VALUES (?, ${PARAMETER[type]})`);
    this.#insertVectorAt = connection.statement(
      `INSERT INTO ${vec0} (rowid, value_ref, vector) VALUES (?, ?, ${PARAMETER[type]})`,
    );
    this.#updateValue = connection.statement(`UPDATE ${values} SET value = ? WHERE id = ?`);
    this.#deleteVector = connection.statement(`DELETE FROM ${vec0} WHERE rowid = ?`);
    this.#deleteValue = connection.statement(`DELETE FROM ${values} WHERE id = ?`);
    this.#deleteValues = connection.statement(`DELETE FROM ${values}`);
  }

  /** Inserts vectors. Returns their ids. */
  insert(rows: readonly NewRow[]): bigint[] {
    return this.#write(() => {
      const all: bigint[] = [];
      for (let start = 0; start < rows.length; start += BATCH) {
        const some = rows.slice(start, start + BATCH);
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

  /** Updates a vector. Returns false if it does not exist. `valueIdOf` finds the id of its value. */
  update(id: bigint, changes: Partial<NewRow>, valueIdOf: (id: bigint) => bigint | undefined): boolean {
    return this.#write(() => {
      const valueId = valueIdOf(id);
      if (valueId === undefined) return false;
      const { vector, value } = changes;
      if (value && this.#updateValue.run(value, valueId).changes === 0) {
        throw new CorruptData(
          `vector ${id} of ${this.#names.table} has no value (id ${valueId}). Restore a backup, or delete the vector`,
        );
      }
      if (vector) {
        // vec0's own UPDATE only takes vectors of floats.
        this.#vec0(() => this.#deleteVector.run(id));
        this.#vec0(() => this.#insertVectorAt.run(id, valueId, vector));
        this.#resident.replaced(id, vector);
      }
      return true;
    });
  }

  /** Deletes vectors. Returns how many of them existed. */
  delete(ids: Iterable<bigint>, valueIdOf: (id: bigint) => bigint | undefined): number {
    return this.#write(() => {
      let deleted = 0;
      for (const id of ids) {
        const valueId = valueIdOf(id);
        if (valueId === undefined) continue;
        this.#vec0(() => this.#deleteVector.run(id));
        this.#deleteValue.run(valueId);
        this.#resident.removed(id);
        deleted++;
      }
      return deleted;
    });
  }

  /**
   * Deletes all vectors without vec0, which takes a hundred microseconds per row. Dropping and recreating its table is
   * no alternative: if that fails, sqlite-vec 0.1.9 has freed half of the table in the connection.
   */
  clear(): void {
    this.#write(() => {
      this.#vec0(() => this.#resident.clear());
      this.#deleteValues.run();
    });
  }

  /**
   * Writes all vectors again, without the slots of deleted ones. vec0 fills only its newest chunk, and keeps empty
   * chunks.
   */
  compact(stored: StoredRows): void {
    this.#write(() => {
      if (!stored.isSparse) return;
      const rows = stored.rows(ALL_IDS, Number.MAX_SAFE_INTEGER);
      this.#vec0(() => this.#resident.clear());
      for (const { id, valueId, vector } of rows) this.#vec0(() => this.#insertVectorAt.run(id, valueId, vector));
    });
  }

  /** Runs statements on vec0. It refuses a row of the right shape only if the table is damaged. */
  #vec0<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KohakuVaultError) || !DAMAGE.includes(error.code)) throw error;
      throw new CorruptData(
        `the vectors of ${this.#names.table} cannot be changed: ${error.message}. The table is damaged, or ` +
          'another program changed its shape. Restore a backup',
        { cause: error },
      );
    }
  }

  #write<T>(work: () => T): T {
    return this.#connection.transaction(() => {
      this.#shadows.check();
      this.#resident.beginWrite();
      // vec0 runs its own statements inside each of ours.
      return this.#connection.write(work, 'nested');
    });
  }
}
