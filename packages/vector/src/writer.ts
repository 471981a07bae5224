import { CorruptData, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import { loadSqliteVec } from './extension.ts';
import { FreeSlots } from './free-slots.ts';
import { ALL_IDS } from './id-range.ts';
import type { VectorType } from './metrics.ts';
import type { VectorShape } from './options.ts';
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

export interface WriterSetup {
  readonly connection: Connection;
  readonly names: TableNames;
  readonly shape: VectorShape;
  readonly resident: ResidentVectors;
  readonly rows: StoredRows;
}

/**
 * Writes vectors through sqlite-vec, and their values beside them. Each method is one transaction, which updates the
 * resident copy before it commits. A rollback makes the copy stale, so that the file and the copy always agree.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #resident: ResidentVectors;
  readonly #rows: StoredRows;
  readonly #free: FreeSlots;
  readonly #shadows: ShadowTables;
  readonly #insertValue: Statement;
  readonly #insertVector: Statement;
  readonly #insertVectorAt: Statement;
  readonly #updateValue: Statement;
  readonly #deleteVector: Statement;
  readonly #deleteValue: Statement;
  readonly #deleteValues: Statement;

  constructor({ connection, names, shape, resident, rows }: WriterSetup) {
    const parameter = PARAMETER[shape.vectorType];
    loadSqliteVec(connection);
    this.#connection = connection;
    this.#names = names;
    this.#resident = resident;
    this.#rows = rows;
    this.#free = FreeSlots.of(connection, names.table);
    this.#shadows = new ShadowTables(connection, names.table, shape);
    const { vec0, values } = names;
    this.#insertValue = connection.statement(`INSERT INTO ${values} (value) VALUES (?)`);
    this.#insertVector = connection.statement(`INSERT INTO ${vec0} (value_ref, vector) VALUES (?, ${parameter})`);
    this.#insertVectorAt = connection.statement(
      `INSERT INTO ${vec0} (rowid, value_ref, vector) VALUES (?, ?, ${parameter})`,
    );
    this.#updateValue = connection.statement(`UPDATE ${values} SET value = ? WHERE id = ?`);
    this.#deleteVector = connection.statement(`DELETE FROM ${vec0} WHERE rowid = ?`);
    this.#deleteValue = connection.statement(`DELETE FROM ${values} WHERE id = ?`);
    this.#deleteValues = connection.statement(`DELETE FROM ${values}`);
  }

  /** Inserts vectors. Returns their ids. */
  insert(rows: readonly NewRow[]): bigint[] {
    return this.#transaction(() => {
      const all: bigint[] = [];
      for (let start = 0; start < rows.length; start += BATCH) {
        const some = rows.slice(start, start + BATCH);
        const valueIds = this.#connection.write(() =>
          BigInt64Array.from(some, ({ value }) => this.#insertValue.run(value).lastInsertRowid),
        );
        const vectors = Buffer.concat(some.map(({ vector }) => vector));
        const ids = this.#place(valueIds, vectors);
        for (const id of ids) all.push(id);
        this.#resident.inserted(ids, valueIds, vectors);
      }
      this.#resident.index.inserted(all);
      return all;
    });
  }

  /** Puts vectors into free slots, and has vec0 make a chunk if there are none. Returns their ids. */
  #place(valueIds: BigInt64Array, vectors: Buffer): BigInt64Array {
    const bytes = vectors.length / valueIds.length;
    const ids = new BigInt64Array(valueIds.length);
    let placed = 0;
    while (placed < ids.length) {
      const rest = vectors.subarray(placed * bytes);
      const chunk = this.#free.next();
      if (chunk === undefined) {
        const id = this.#vec0(() => this.#insertVector.run(valueIds[placed], rest.subarray(0, bytes)).lastInsertRowid);
        ids[placed++] = id;
        // The next vectors go into the same chunk, without vec0.
        const place = this.#rows.find(id);
        if (place) this.#free.note(place.chunk);
        continue;
      }
      const filled = this.#vec0(() => this.#resident.fill(chunk, valueIds.subarray(placed), rest));
      ids.set(filled, placed);
      placed += filled.length;
      if (placed < ids.length) this.#free.forget(chunk);
    }
    return ids;
  }

  /** Updates a vector. Returns false if it does not exist. */
  update(id: bigint, { vector, value }: Partial<NewRow>): boolean {
    return this.#transaction(() => {
      const place = this.#rows.find(id);
      if (!place) return false;
      const { valueId } = place;
      if (value && this.#connection.write(() => this.#updateValue.run(value, valueId)).changes === 0) {
        throw new CorruptData(
          `vector ${id} of ${this.#names.table} has no value (id ${valueId}). Restore a backup, or delete the vector`,
        );
      }
      if (vector) {
        // In its place, as vec0 updates floats. Of other types it loses the type.
        this.#rows.overwrite(id, vector);
        this.#resident.replaced(id, vector);
        this.#resident.index.touch(id);
      }
      return true;
    });
  }

  /** Deletes vectors. Returns how many of them existed. vec0 deletes a chunk with its last vector. */
  delete(ids: Iterable<bigint>): number {
    return this.#transaction(() => {
      let deleted = 0;
      for (const id of ids) {
        const place = this.#rows.find(id);
        if (!place) continue;
        this.#vec0(() => this.#deleteVector.run(id));
        this.#connection.write(() => this.#deleteValue.run(place.valueId));
        this.#resident.removed(id);
        this.#free.note(place.chunk);
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
    this.#transaction(() => {
      this.#vec0(() => this.#resident.clear());
      this.#connection.write(() => this.#resident.index.clear());
      this.#connection.write(() => this.#deleteValues.run());
    });
  }

  /**
   * Writes all vectors again, without the slots of deleted ones. vec0 fills only its newest chunk, and keeps empty
   * chunks.
   */
  compact(): void {
    this.#transaction(() => {
      if (!this.#rows.isSparse) return;
      const rows = this.#rows.rows(ALL_IDS, Number.MAX_SAFE_INTEGER);
      this.#vec0(() => {
        this.#resident.clear();
        for (const { id, valueId, vector } of rows) this.#insertVectorAt.run(id, valueId, vector);
      });
    });
  }

  /**
   * Runs a write to vec0's tables. It refuses a row of the right shape only if the table is damaged. Nothing is read
   * through the connection in here: in the middle of a write, a read cannot tell whose statements run.
   */
  #vec0<T>(work: () => T): T {
    try {
      // vec0 runs its own statements inside each of ours.
      return this.#connection.write(work, 'nested');
    } catch (error) {
      if (!(error instanceof KohakuVaultError) || !DAMAGE.includes(error.code)) throw error;
      throw new CorruptData(
        `the vectors of ${this.#names.table} cannot be changed: ${error.message}. The table is damaged, or ` +
          'another program changed its shape. Restore a backup',
        { cause: error },
      );
    }
  }

  #transaction<T>(body: () => T): T {
    return this.#connection.transaction(() => {
      this.#shadows.check();
      this.#resident.beginWrite();
      this.#free.beginWrite();
      return body();
    });
  }
}
