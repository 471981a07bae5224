import { DatabaseBusy } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type Key, showKey } from '../keys/keys.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import type { MarkOwner } from './mark-owner.ts';
import { PartMarks, SLICE_BYTES } from './part-marks.ts';
import { hasPartsTable, makePartsTable, partsTableOf } from './parts-table.ts';
import type { ValueBytes } from './value-bytes.ts';
import { putRow } from './value-writer.ts';

/** Parts up to this many bytes are removed with the row that replaces them. */
const SHORT = 16 * SLICE_BYTES;

/** A part of the work that takes the write lock. Call it in a transaction. */
export type Step = () => void;

/**
 * A value that is written in slices, each of which commits, so that other writers never wait for long. Its parts are
 * marked until a small transaction makes them the value.
 */
export class PartsUpload {
  readonly #values: ValueBytes;
  readonly #key: Buffer;
  readonly #manifest: Manifest;
  readonly #owner: () => MarkOwner;
  readonly #marks: PartMarks;
  #hasBegun = false;

  constructor(values: ValueBytes, key: Buffer, manifest: Manifest, owner: () => MarkOwner) {
    this.#values = values;
    this.#key = key;
    this.#manifest = manifest;
    this.#owner = owner;
    this.#marks = new PartMarks(values.connection, values.table);
  }

  /** The number of bytes that one slice has. */
  get sliceLength(): number {
    const { partLength } = this.#manifest;
    return Math.max(1, Math.floor(SLICE_BYTES / partLength)) * partLength;
  }

  /** Whether something of it may be in the file. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Marks the parts that will be written. Call it inside a transaction, as `write` and `publish`. */
  begin(): void {
    const { connection, table } = this.#values;
    this.#hasBegun = true;
    makePartsTable(connection, table);
    this.#marks.add(this.#marked, this.#owner());
  }

  /** Writes the bytes of one slice, which begins at `offset`. */
  write(bytes: Uint8Array, offset: number): void {
    const { connection, table } = this.#values;
    const { id, partLength } = this.#manifest;
    const insert = `INSERT INTO main.${quoteIdentifier(partsTableOf(table))} (key, id, part, data) VALUES (?, ?, ?, ?)`;
    if (!this.#marks.renew(this.#marked, this.#owner())) throw this.#lost();
    for (let from = 0; from < bytes.length; from += partLength) {
      const data = bytes.subarray(from, from + partLength);
      const part = Math.floor((offset + from) / partLength);
      connection.write(() => connection.statement(insert).run(this.#key, id, part, data));
    }
  }

  /** Makes the parts the value of the key. Long parts of the value before are marked; `removeMarked` removes them. */
  publish(): Buffer | undefined {
    if (!this.#marks.remove(this.#manifest.id)) throw this.#lost();
    const before = this.#values.extentOf(this.#key)?.manifest;
    const replaced = before && before.size > SHORT ? before.id : undefined;
    if (replaced) this.#marks.add({ key: this.#key, id: replaced }, this.#owner());
    putRow(this.#values, this.#key, encodeManifest(this.#manifest));
    this.#values.onParts?.(this.#key, this.#manifest.size);
    return replaced;
  }

  get #marked(): { key: Buffer; id: Buffer } {
    return { key: this.#key, id: this.#manifest.id };
  }

  #lost(): DatabaseBusy {
    return new DatabaseBusy(
      `the value of ${showKey(this.#key as Key)} in ${this.#values.table} was not stored: another process has removed ` +
        'what was written of it, because this process was suspended for minutes; store it again',
    );
  }
}

/** Removes parts that belong to no value, a slice in each step, which must have run before the next one is asked for. */
export function* removeMarked({ connection, table }: ValueBytes, key: Buffer, id: Buffer): Generator<Step> {
  const marks = new PartMarks(connection, table);
  for (let isLeft = true; isLeft; ) {
    yield () => {
      isLeft = marks.removeSlice({ key, id });
    };
  }
}

/** Removes the parts whose owner has ended without making them a value, as in a process that was killed. */
export function* removeDeadParts(values: ValueBytes): Generator<Step> {
  const { connection, table } = values;
  if (!hasPartsTable(connection, table)) return;
  for (const { key, id } of new PartMarks(connection, table).findDead()) yield* removeMarked(values, key, id);
}
