import { nativeCore } from '@kohakuvault/core-native';
import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';
import { RecordBatch } from './record-batch.ts';
import { noteReplaced } from './streams/watch.ts';
import type { StoredValues } from './values/stored-values.ts';
import { writeValue } from './values/value-writer.ts';

/** A key and its stored bytes; without any, that the key is to be deleted. */
export interface StoredEntry {
  readonly key: string | Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Writes stored bytes into one table, and tells the streams what has been replaced. */
export class StoredWrites {
  readonly #connection: Connection;
  readonly #number: number;
  readonly #values: StoredValues;
  readonly #maxBlobBytes: number;
  readonly #binding = nativeCore().binding;

  /** `number` is what the core knows the table by. */
  constructor(connection: Connection, number: number, values: StoredValues, maxBlobBytes: number) {
    this.#connection = connection;
    this.#number = number;
    this.#values = values;
    this.#maxBlobBytes = maxBlobBytes;
  }

  set(key: string | Uint8Array, value: Uint8Array): void {
    const { handle } = this.#connection;
    if (value.length > this.#maxBlobBytes) this.#setInParts(Buffer.from(key as string), value);
    else this.#connection.write(() => this.#binding.kvSet(handle, this.#number, key, value));
    noteReplaced(this.#connection, this.#values.table, key);
  }

  /** Whether there was such a key. */
  delete(key: string | Uint8Array): boolean {
    const { handle } = this.#connection;
    const existed = this.#connection.write(() => this.#binding.kvDelete(handle, this.#number, key));
    noteReplaced(this.#connection, this.#values.table, key);
    return existed;
  }

  put({ key, value }: StoredEntry): void {
    if (value) this.set(key, value);
    else this.delete(key);
  }

  /** Writes many entries; of one key the last counts. To be called inside a transaction. */
  putMany(entries: Iterable<StoredEntry>): void {
    for (const write of this.#steps(entries)) write();
  }

  /** As `putMany`, in two steps: takes a copy of all entries now, and writes them when the function returned is called. */
  prepareMany(entries: Iterable<StoredEntry>): () => void {
    const steps = [...this.#steps(entries)];
    return () => {
      for (const write of steps) write();
    };
  }

  clear(): void {
    const sql = `DELETE FROM main.${quoteIdentifier(this.#values.table)}`;
    this.#connection.write(() => this.#binding.execute(this.#connection.handle, sql));
    noteReplaced(this.#connection, this.#values.table);
  }

  *#steps(entries: Iterable<StoredEntry>): Generator<() => void> {
    let batch = new RecordBatch();
    for (const { key, value } of entries) {
      if (value && value.length > this.#maxBlobBytes) {
        // In its turn: an entry of the same key may come before it or behind it.
        yield this.#stepOf(batch);
        batch = new RecordBatch();
        const own = Buffer.from(value);
        yield () => this.set(key, own);
        continue;
      }
      batch.add(key, value);
      noteReplaced(this.#connection, this.#values.table, key);
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
