import { GREATEST_ID, LEAST_ID, nativeCore, type ResolvedIds } from '@kohakuvault/core-native/internal';
import { type Connection, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';
import type { TableNames } from './table.ts';

/** A stored document. Nothing is decoded yet. */
export interface StoredText {
  readonly id: bigint;
  /** Null if the document has no value. */
  readonly value: unknown;
  readonly texts: readonly unknown[];
}

/** Reads documents by their ids. */
export class TextRows {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #columns: number;
  /** The number by which the core knows the table. */
  readonly number: number;

  constructor(connection: Connection, names: TableNames, columns: readonly string[]) {
    this.#connection = connection;
    this.#names = names;
    this.#columns = columns.length;
    this.number = connection.companion(
      `texts ${tableKey(names.table)} ${JSON.stringify(columns)}`,
      ({ handle }: SharedConnection) => nativeCore().binding.createTextTable(handle, names.table, [...columns]),
    );
  }

  /** Has the core forget what it keeps of a document that is changed, or of all. */
  forget(id?: bigint): void {
    nativeCore().binding.textForget(this.#connection.handle, this.number, id);
  }

  get(id: bigint): StoredText | undefined {
    return this.all(BigInt64Array.of(id))[0];
  }

  /** Returns the documents of some ids in their order, without those that do not exist. */
  all(ids: BigInt64Array): StoredText[] {
    const { binding } = nativeCore();
    const cells = this.#connection.read(() => binding.textRows(this.#connection.handle, this.number, ids));
    const width = 2 + this.#columns;
    const rows: StoredText[] = [];
    for (let at = 0; at < cells.length; at += width) {
      rows.push({ id: cells[at] as bigint, value: cells[at + 1], texts: cells.slice(at + 2, at + width) });
    }
    return rows;
  }

  /** Returns the first ids of a range. Call it inside a snapshot. */
  ids({ first, last, reverse, limit }: ResolvedIds, most: number): BigInt64Array {
    // Beyond these, an id does not fit into 64 bits.
    if (first > GREATEST_ID || last < LEAST_ID) return new BigInt64Array();
    const order = reverse ? 'DESC' : 'ASC';
    const query = this.#connection.query<bigint>(
      `SELECT id FROM ${this.#names.content} WHERE id BETWEEN ? AND ? ORDER BY id ${order} LIMIT ?`,
      { pluck: true, bigints: true },
    );
    return BigInt64Array.from(this.#connection.read(() => query.all(first, last, Math.min(limit, most))));
  }

  has(id: bigint): boolean {
    const query = this.#connection.query(`SELECT 1 FROM ${this.#names.content} WHERE id = ?`, { pluck: true });
    return this.#connection.read(() => query.get(id)) !== undefined;
  }

  get count(): number {
    const query = this.#connection.query<number>(`SELECT count(*) FROM ${this.#names.content}`, { pluck: true });
    return this.#connection.read(() => query.get()) ?? 0;
  }
}
