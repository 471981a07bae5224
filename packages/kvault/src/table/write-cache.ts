import { type CacheOptions, type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';
import type { PendingEntries } from './pending-entries.ts';

export type { CacheOptions };

export interface CacheStats {
  entries: number;
  bytes: number;
  capBytes: number;
}

/** One vault's settings of when what is pending in its table is written. */
export class WriteCache {
  readonly #pending: PendingEntries;
  readonly #back: WriteBack;

  constructor(connection: Connection, pending: PendingEntries) {
    this.#pending = pending;
    this.#back = new WriteBack(connection, pending, 'KVault');
  }

  /** Whether writes of this vault wait. */
  get active(): boolean {
    return this.#back.active;
  }

  get stats(): CacheStats | undefined {
    const { capBytes } = this.#back;
    if (capBytes === undefined) return undefined;
    return { entries: this.#pending.count, bytes: this.#pending.bytes, capBytes };
  }

  enable(options?: CacheOptions): void {
    this.#back.enable(options);
  }

  disable(): void {
    this.#back.disable();
  }

  /** Runs a body with these settings; where scopes overlap, those of the newest one hold. */
  scope<O, T>(owner: O, first: CacheOptions | ((owner: O) => T), second?: (owner: O) => T): T {
    return this.#back.scope(owner, first, second);
  }

  /** Runs a body during which nothing is flushed. */
  lock<T>(body: () => T): T {
    return this.#back.lock(body);
  }

  /**
   * Puts a copy of a value here, or that the key is to be deleted; false where it is too long for the cache and has to be
   * written directly, now. Where it throws, nothing was put.
   */
  put(key: CheckedKey, value: Uint8Array | undefined): boolean {
    // UTF-8 takes at most three bytes for each unit of a string.
    const most = (typeof key === 'string' ? key.length * 3 : key.length) + (value?.length ?? 0);
    if (this.#back.isCalm(most)) {
      this.#pending.put(key, value);
      return true;
    }
    const keyBytes = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
    const bytes = keyBytes + (value?.length ?? 0);
    const growth = () => {
      const before = this.#pending.lengthOf(key);
      return before === undefined ? bytes : bytes - keyBytes - Math.max(before, 0);
    };
    if (!this.#back.makeRoom(growth(), bytes)) return false;
    if (this.#back.isDue(growth())) {
      this.#back.addAndWrite(() => this.#pending.put(key, value));
    } else {
      this.#pending.put(key, value);
      this.#back.added();
    }
    return true;
  }

  /** Writes everything pending in one transaction; the number of entries. Nothing while locked. */
  flush(): number {
    return this.#back.flush();
  }

  /** Before the vault closes. */
  close(): void {
    this.#back.close();
  }
}
