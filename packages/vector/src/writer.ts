import { CorruptData, describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import { loadVec0 } from './extension.ts';
import { FreeSlots } from './free-slots.ts';
import { ALL_IDS } from './id-range.ts';
import { LEAST_ID } from './ids.ts';
import type { VectorShape } from './options.ts';
import type { ResidentVectors } from './resident-vectors.ts';
import { ShadowTables } from './shadow-tables.ts';
import type { Beside, SideTables } from './side-tables.ts';
import type { StoredRows } from './stored-rows.ts';
import type { TableNames } from './table.ts';

/** The number of vectors that one call adds to the resident copy. It makes the cost of the call negligible. */
const BATCH = 1024;

/** The codes of vec0's errors. */
const DAMAGE: readonly string[] = ['KV_ERROR', 'KV_INVALID_ARGUMENT'];

/** A vector and its value, both encoded, and what the vector has beside. */
export interface NewRow extends Beside {
  readonly vector: Buffer;
  readonly value: Buffer;
}

export interface WriterSetup {
  readonly connection: Connection;
  readonly names: TableNames;
  readonly shape: VectorShape;
  readonly resident: ResidentVectors;
  readonly rows: StoredRows;
  readonly sides: SideTables;
}

/**
 * Writes vectors to vec0's tables, and their values beside them. Each method is one transaction, which updates the
 * resident copy before it commits. A rollback makes the copy stale, so that the file and the copy always agree.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #resident: ResidentVectors;
  readonly #rows: StoredRows;
  readonly #free: FreeSlots;
  readonly #shadows: ShadowTables;
  readonly #sides: SideTables;
  readonly #insertValue: Statement;
  readonly #updateValue: Statement;
  readonly #deleteValue: Statement;
  readonly #deleteValues: Statement;

  constructor({ connection, names, shape, resident, rows, sides }: WriterSetup) {
    // Not for our own writes. It protects its tables from those of others.
    loadVec0(connection);
    this.#connection = connection;
    this.#names = names;
    this.#resident = resident;
    this.#rows = rows;
    this.#free = FreeSlots.of(connection, names.table);
    this.#shadows = new ShadowTables(connection, names.table, shape);
    this.#sides = sides;
    const { values } = names;
    this.#insertValue = connection.statement(`INSERT INTO ${values} (value) VALUES (?)`);
    this.#updateValue = connection.statement(`UPDATE ${values} SET value = ? WHERE id = ?`);
    this.#deleteValue = connection.statement(`DELETE FROM ${values} WHERE id = ?`);
    this.#deleteValues = connection.statement(`DELETE FROM ${values}`);
  }

  /** Inserts vectors. Returns their ids. */
  insert(owner: string, rows: readonly NewRow[]): bigint[] {
    return this.#transaction(() => {
      this.#refuseTaken(owner, rows);
      const all: bigint[] = [];
      for (let start = 0; start < rows.length; start += BATCH) {
        const some = rows.slice(start, start + BATCH);
        const valueIds = this.#connection.write(() =>
          BigInt64Array.from(some, ({ value }) => this.#insertValue.run(value).lastInsertRowid),
        );
        const vectors = Buffer.concat(some.map(({ vector }) => vector));
        const ids = this.#place(idsFor(some), valueIds, vectors);
        for (const [nth, id] of ids.entries()) {
          all.push(id);
          this.#sides.inserted(id, some[nth] as NewRow);
        }
        this.#resident.inserted(ids, valueIds, vectors);
      }
      this.#resident.index.inserted(all);
      return all;
    });
  }

  /** Inserts a vector, or changes all of the vector that has its id. Returns its id. */
  upsert(owner: string, row: NewRow): bigint {
    return this.#transaction(() => {
      const known = this.#rowOf(owner, row);
      if (known === undefined || !this.update(known, { vector: row.vector, value: row.value })) {
        return this.insert(owner, [row])[0] as bigint;
      }
      this.#sides.updated(known, row.fields, true);
      return known;
    });
  }

  /** Refuses ids that vectors have, and that two of the new ones have. */
  #refuseTaken(owner: string, rows: readonly NewRow[]): void {
    const seen = new Set<bigint | string>();
    for (const row of rows) {
      const id = row.own.text ?? row.own.row;
      if (id === undefined) continue;
      const known = this.#rowOf(owner, row);
      if (known !== undefined && this.#rows.has(known)) {
        throw new InvalidArgument(
          `${owner}: there is a vector with the id ${describe(id)} already; choose another id, or use upsert`,
        );
      }
      if (seen.has(id)) throw new InvalidArgument(`${owner}: two of the vectors have the id ${describe(id)}`);
      seen.add(id);
    }
  }

  #rowOf(owner: string, { own }: NewRow): bigint | undefined {
    return own.text === undefined ? own.row : this.#sides.ids.rowOf(owner, own.text);
  }

  /** Puts vectors into free slots, and makes a chunk if there are none. Returns their ids. */
  #place(ownIds: BigInt64Array, valueIds: BigInt64Array, vectors: Buffer): BigInt64Array {
    const bytes = vectors.length / valueIds.length;
    const ids = new BigInt64Array(valueIds.length);
    let placed = 0;
    while (placed < ids.length) {
      const known = this.#free.next();
      const chunk = known ?? this.#makeChunk();
      const filled = this.#vec0(() =>
        this.#resident.fill(
          chunk,
          ownIds.subarray(placed),
          valueIds.subarray(placed),
          vectors.subarray(placed * bytes),
        ),
      );
      if (known === undefined && filled.length === 0) {
        throw new CorruptData(
          `the tables of ${this.#names.table} do not keep a new chunk; another program changed them. Restore a backup`,
        );
      }
      ids.set(filled, placed);
      placed += filled.length;
      if (placed < ids.length) this.#free.forget(chunk);
    }
    return ids;
  }

  #makeChunk(): bigint {
    const chunk = this.#vec0(() => this.#resident.makeChunk(this.#shadows.chunkSlots));
    this.#free.note(chunk);
    return chunk;
  }

  /** Updates a vector. Returns false if it does not exist. */
  update(id: bigint, { vector, value, fields }: Partial<NewRow>): boolean {
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
      if (fields) this.#sides.updated(id, fields);
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
        this.#vec0(() => this.#resident.takeOut(id));
        this.#connection.write(() => this.#deleteValue.run(place.valueId));
        this.#sides.removed(id);
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
      this.#sides.cleared();
    });
  }

  /** Writes all vectors again, without the slots of deleted ones. */
  compact(): void {
    this.#transaction(() => {
      this.#sides.compact();
      if (!this.#rows.isSparse) return;
      const rows = this.#rows.rows(ALL_IDS, Number.MAX_SAFE_INTEGER);
      this.#vec0(() => this.#resident.clear());
      this.#free.restart();
      for (let start = 0; start < rows.length; start += BATCH) {
        const some = rows.slice(start, start + BATCH);
        this.#place(
          BigInt64Array.from(some, ({ id }) => id),
          BigInt64Array.from(some, ({ valueId }) => valueId),
          Buffer.concat(some.map(({ vector }) => vector)),
        );
      }
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
      this.#sides.state.change();
      try {
        return body();
      } finally {
        this.#sides.state.change();
      }
    });
  }
}

/** Returns the ids that the user gives new vectors; none if there are none. */
function idsFor(rows: readonly NewRow[]): BigInt64Array {
  if (rows.every(({ own }) => own.row === undefined)) return new BigInt64Array();
  return BigInt64Array.from(rows, ({ own }) => own.row ?? LEAST_ID);
}
