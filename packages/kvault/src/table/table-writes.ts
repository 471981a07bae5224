import { type Access, KvRecords, type KvTable, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, toBytes } from '../keys/keys.ts';
import { liesIn, type ResolvedRange, selectionOf } from '../keys/range.ts';
import type { ValueBytes } from '../values/value-bytes.ts';
import { writeValue } from '../values/value-writer.ts';
import { ReplacementWatches } from './replacement-watch.ts';

/** A key and its stored bytes. */
export interface StoredEntry {
  readonly key: CheckedKey;
  readonly value: Uint8Array;
}

/** Writes stored bytes into one table, and reports to open streams what has been replaced. */
export class TableWrites {
  readonly #connection: Access;
  readonly #rows: KvTable;
  readonly #values: ValueBytes;
  readonly #maxBlobBytes: number;
  readonly #watches: ReplacementWatches;

  constructor(connection: Access, rows: KvTable, values: ValueBytes, maxBlobBytes: number) {
    this.#connection = connection;
    this.#rows = rows;
    this.#values = values;
    this.#maxBlobBytes = maxBlobBytes;
    this.#watches = ReplacementWatches.of(connection);
  }

  set(key: CheckedKey, value: Uint8Array): void {
    if (value.length > this.#maxBlobBytes) this.#setInParts(toBytes(key), value);
    else this.#connection.write(() => this.#rows.set(key, value));
    this.#watches.noteReplaced(this.#values.table, key);
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: CheckedKey): boolean {
    const existed = this.#connection.write(() => this.#rows.delete(key));
    this.#watches.noteReplaced(this.#values.table, key);
    return existed;
  }

  /** Sets a value or, without one, deletes the key. */
  put(key: CheckedKey, value: Uint8Array | undefined): void {
    if (value) this.set(key, value);
    else this.delete(key);
  }

  /** Writes what is pending, and keeps it pending. Call it inside a transaction. */
  writePending(): void {
    const longest = this.#maxBlobBytes;
    const long = this.#connection.write(() => this.#rows.writePending(longest));
    for (const { key, value } of this.#rows.longPending(longest, long)) this.#setInParts(key, value);
    this.#watches.noteReplaced(this.#values.table, (key) => this.#rows.pendingLength(key) !== undefined);
  }

  /**
   * Copies many entries now. The function returned writes them; call it inside a transaction. If a key comes twice, its
   * last entry counts.
   */
  prepareMany(entries: Iterable<StoredEntry>): () => void {
    const steps = [...this.#steps(entries)];
    return () => {
      for (const write of steps) write();
    };
  }

  /** Deletes the keys of a range, whatever its limit, by one statement. Returns how many there were. */
  deleteRange(range: ResolvedRange): number {
    const { sql, parameters } = selectionOf(range);
    const remove = this.#connection.statement(`DELETE FROM main.${this.#name} WHERE ${sql}`);
    const { changes } = this.#connection.write(() => remove.run(...parameters));
    this.#watches.noteReplaced(this.#values.table, (key) => liesIn(range, key));
    return changes;
  }

  /** Gives a row another key, in place of the row that has that. Call it inside a transaction. */
  rename(from: Buffer, to: Buffer): void {
    this.delete(to);
    const move = this.#connection.statement(`UPDATE main.${this.#name} SET key = ? WHERE key = ?`);
    this.#connection.write(() => move.run(to, from));
    this.#watches.noteReplaced(this.#values.table, from);
  }

  clear(): void {
    this.#connection.write(() => this.#rows.clear());
    this.#watches.noteReplaced(this.#values.table);
  }

  get #name(): string {
    return quoteIdentifier(this.#values.table);
  }

  *#steps(entries: Iterable<StoredEntry>): Generator<() => void> {
    let records = new KvRecords();
    for (const { key, value } of entries) {
      if (value.length > this.#maxBlobBytes) {
        // In its turn: an entry of the same key may come before or after it.
        yield this.#stepOf(records);
        records = new KvRecords();
        const own = Buffer.from(value);
        yield () => this.set(key, own);
        continue;
      }
      records.add(key, value);
      this.#watches.noteReplaced(this.#values.table, key);
      if (!records.isFull) continue;
      yield this.#stepOf(records);
      records = new KvRecords();
    }
    yield this.#stepOf(records);
  }

  #stepOf(records: KvRecords): () => void {
    return () => {
      if (!records.isEmpty) this.#connection.write(() => this.#rows.setMany(records));
    };
  }

  #setInParts(key: Buffer, value: Uint8Array): void {
    const limits = { size: value.length, maxBlobBytes: this.#maxBlobBytes };
    this.#connection.transaction(() => writeValue(this.#values, key, limits, (writer) => writer.append(value)));
  }
}
