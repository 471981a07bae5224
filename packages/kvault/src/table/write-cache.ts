import { type CacheOptions, type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import { NEVER } from '../expiry/expiry-options.ts';
import type { CheckedKey } from '../keys/keys.ts';
import type { PendingEntries } from './pending-entries.ts';

export type { CacheOptions };

export interface CacheStats {
  entries: number;
  bytes: number;
  capBytes: number;
}

/** One vault's write-back cache: it decides when the pending writes of its table are flushed. */
export class WriteCache {
  readonly writeBack: WriteBack;
  readonly #pending: PendingEntries;

  constructor(connection: Connection, pending: PendingEntries) {
    this.#pending = pending;
    this.writeBack = new WriteBack(connection, pending, 'KVault');
  }

  /** Whether writes of this vault stay pending. */
  get active(): boolean {
    return this.writeBack.active;
  }

  get stats(): CacheStats | undefined {
    const { capBytes } = this.writeBack;
    if (capBytes === undefined) return undefined;
    return { entries: this.#pending.count, bytes: this.#pending.bytes, capBytes };
  }

  /**
   * Makes a copy of a value pending, which may expire, or, without a value, the deletion of the key. Returns false if
   * the entry is too long for the cache and must be written directly. If it throws, nothing has changed.
   */
  put(key: CheckedKey, value: Uint8Array | undefined, time = NEVER): boolean {
    // UTF-8 takes at most three bytes for each unit of a string.
    const most = (typeof key === 'string' ? key.length * 3 : key.length) + (value?.length ?? 0);
    if (this.writeBack.canJustAdd(most)) {
      this.#pending.put(key, value, time);
      return true;
    }
    const keyBytes = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
    const bytes = keyBytes + (value?.length ?? 0);
    const growth = () => {
      const before = this.#pending.lengthOf(key);
      return before === undefined ? bytes : bytes - keyBytes - before;
    };
    if (!this.writeBack.makeRoom(growth(), bytes)) return false;
    if (this.writeBack.isDue(growth())) {
      this.writeBack.addAndWrite(() => this.#pending.put(key, value, time));
    } else {
      this.#pending.put(key, value, time);
      this.writeBack.added();
    }
    return true;
  }
}
