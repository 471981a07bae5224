import { nativeCore } from '@kohakuvault/core-native/internal';
import { type Access, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, LONGEST_KEY } from '../keys/keys.ts';
import type { StoredValues } from '../values/stored-values.ts';
import { writeValue } from '../values/value-writer.ts';
import { RecordBatch } from './record-batch.ts';
import { ReplacementWatches } from './replacement-watch.ts';

/** A key and its stored bytes. */
export interface StoredEntry {
  readonly key: CheckedKey;
  readonly value: Uint8Array;
}

/** Writes stored bytes into one table, and tells the streams what has been replaced. */
export class StoredWrites {
  readonly #connection: Access;
  readonly #number: number;
  readonly #values: StoredValues;
  readonly #maxBlobBytes: number;
  readonly #watches: ReplacementWatches;
  readonly #binding = nativeCore().binding;

  /** `number` is what the core knows the table by. */
  constructor(connection: Access, number: number, values: StoredValues, maxBlobBytes: number) {
    this.#connection = connection;
    this.#number = number;
    this.#values = values;
    this.#maxBlobBytes = maxBlobBytes;
    this.#watches = ReplacementWatches.of(connection);
  }

  set(key: CheckedKey, value: Uint8Array): void {
    const { handle } = this.#connection;
    if (value.length > this.#maxBlobBytes) this.#setInParts(Buffer.from(key as string), value);
    else this.#connection.write(() => this.#binding.kvSet(handle, this.#number, key, value));
    this.#watches.noteReplaced(this.#values.table, key);
  }

  /** Whether there was such a key. */
  delete(key: CheckedKey): boolean {
    const { handle } = this.#connection;
    const existed = this.#connection.write(() => this.#binding.kvDelete(handle, this.#number, key));
    this.#watches.noteReplaced(this.#values.table, key);
    return existed;
  }

  /** Sets a value, or deletes the key. */
  put(key: CheckedKey, value: Uint8Array | undefined): void {
    if (value) this.set(key, value);
    else this.delete(key);
  }

  /** Writes what is pending in the cache, which keeps it. To be called inside a transaction. */
  writePending(): void {
    const { handle } = this.#connection;
    const longest = this.#maxBlobBytes;
    const long = this.#connection.write(() => this.#binding.kvPendingWrite(handle, this.#number, longest));
    if (long > 0) this.#writePendingInParts(long);
    const isPending = (key: Buffer) => this.#binding.kvPendingLength(handle, this.#number, key) !== -1;
    this.#watches.noteReplaced(this.#values.table, isPending);
  }

  #writePendingInParts(count: number): void {
    const { handle } = this.#connection;
    const memory = Buffer.allocUnsafeSlow(LONGEST_KEY);
    for (let index = 0; index < count; index++) {
      const length = this.#binding.kvPendingLong(handle, this.#number, this.#maxBlobBytes, index, memory);
      const key = Buffer.from(memory.subarray(0, length));
      const value = Buffer.allocUnsafeSlow(this.#binding.kvPendingLength(handle, this.#number, key));
      this.#binding.kvGet(handle, this.#number, key, value, 0);
      this.#setInParts(key, value);
    }
  }

  /**
   * Takes a copy of many entries now, and writes them when the function returned is called, inside a transaction. Of one key the
   * last counts.
   */
  prepareMany(entries: Iterable<StoredEntry>): () => void {
    const steps = [...this.#steps(entries)];
    return () => {
      for (const write of steps) write();
    };
  }

  clear(): void {
    const sql = `DELETE FROM main.${quoteIdentifier(this.#values.table)}`;
    this.#connection.write(() => this.#binding.execute(this.#connection.handle, sql));
    this.#watches.noteReplaced(this.#values.table);
  }

  *#steps(entries: Iterable<StoredEntry>): Generator<() => void> {
    let batch = new RecordBatch();
    for (const { key, value } of entries) {
      if (value.length > this.#maxBlobBytes) {
        // In its turn: an entry of the same key may come before it or behind it.
        yield this.#stepOf(batch);
        batch = new RecordBatch();
        const own = Buffer.from(value);
        yield () => this.set(key, own);
        continue;
      }
      batch.add(key, value);
      this.#watches.noteReplaced(this.#values.table, key);
      if (!batch.isFull) continue;
      yield this.#stepOf(batch);
      batch = new RecordBatch();
    }
    yield this.#stepOf(batch);
  }

  #stepOf({ records }: RecordBatch): () => void {
    const { handle } = this.#connection;
    return () => {
      if (records.length > 0) this.#connection.write(() => this.#binding.kvWriteMany(handle, this.#number, records));
    };
  }

  #setInParts(key: Buffer, value: Uint8Array): void {
    const limits = { size: value.length, maxBlobBytes: this.#maxBlobBytes };
    this.#connection.transaction(() => writeValue(this.#values, key, limits, (writer) => writer.append(value)));
  }
}
