import { RecordHead } from '../native/constants.ts';

/** The length from which on records are full: one call of the core writes them. */
const FULL = 16 * 1024 * 1024;
/** Short, because memory outside of JavaScript's heap makes V8 collect all garbage when there is much of it. */
const FIRST = 8 * 1024;

/** Entries packed for `KvTable.setMany`: records of a head, a key and a value. */
export class KvRecords {
  #memory = Buffer.allocUnsafeSlow(FIRST);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length >= FULL;
  }

  /** The packed entries. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** Copies an entry in. */
  add(key: string | Uint8Array, value: Uint8Array): void {
    // UTF-8 takes at most three bytes for each unit of a string.
    this.#makeRoom(RecordHead.bytes + (typeof key === 'string' ? key.length * 3 : key.length) + value.length);
    const memory = this.#memory;
    const start = this.#length + RecordHead.bytes;
    let keyLength = key.length;
    if (typeof key === 'string') keyLength = memory.write(key, start);
    else memory.set(key, start);
    memory.writeUInt32LE(keyLength, this.#length + RecordHead.keyLength);
    memory.writeUInt32LE(value.length, this.#length + RecordHead.valueLength);
    memory.set(value, start + keyLength);
    this.#length = start + keyLength + value.length;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#memory.length * 2));
    this.#memory.copy(larger, 0, 0, this.#length);
    this.#memory = larger;
  }
}
