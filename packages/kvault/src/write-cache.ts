import { nativeCore } from '@kohakuvault/core-native';
import { type CacheOptions, type Connection, type PendingWrites, WriteBack } from '@kohakuvault/core-native/database';
import type { CheckedKey } from './keys.ts';

export type { CacheOptions };

export interface CacheStats {
  entries: number;
  bytes: number;
  capBytes: number;
}

/** What waits for a key: a value, or that it is to be deleted. */
export interface Pending {
  readonly value: Buffer | undefined;
}

/** How the cache stood where a level of a transaction began. */
interface Mark {
  readonly count: number;
  readonly bytes: number;
  readonly remembered: number;
}

/**
 * Entries that wait to be written together. The core holds them, and its reads of the table see them; here is when they are
 * written, and what a rollback takes back.
 */
export class WriteCache implements PendingWrites {
  readonly #connection: Connection;
  readonly #number: number;
  readonly #write: () => void;
  readonly #back: WriteBack;
  readonly #binding = nativeCore().binding;
  #count = 0;
  #bytes = 0;
  readonly #marks: Mark[] = [];
  /** How many changes the core remembers. It has to while a transaction runs, whose rollback takes them back. */
  #remembered = 0;

  /** `number` is what the core knows the table by; `write` writes all of it inside the transaction that is open. */
  constructor(connection: Connection, number: number, write: () => void) {
    this.#connection = connection;
    this.#number = number;
    this.#write = write;
    this.#back = new WriteBack(connection, this, 'KVault');
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether writes go here. They do while any is pending: a direct one would be overtaken by it. */
  get active(): boolean {
    return this.#back.active;
  }

  /** How many more keys there are with what is pending than in the file; negative where there are fewer. */
  get surplus(): number {
    return this.#count === 0 ? 0 : this.#binding.kvPendingSurplus(this.#connection.handle, this.#number);
  }

  get stats(): CacheStats | undefined {
    const { capBytes } = this.#back;
    return capBytes === undefined ? undefined : { entries: this.#count, bytes: this.#bytes, capBytes };
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

  /** What waits for a key, as a copy. */
  get(key: CheckedKey): Pending | undefined {
    const length = this.#lengthOf(key);
    if (length === undefined) return undefined;
    if (length < 0) return { value: undefined };
    const value = Buffer.allocUnsafeSlow(length);
    this.#binding.kvGet(this.#connection.handle, this.#number, key, value, 0);
    return { value };
  }

  has(key: CheckedKey): boolean {
    return this.#lengthOf(key) !== undefined;
  }

  /**
   * Puts a copy of a value here, or that the key is to be deleted; false where it is too long for the cache and has to be
   * written directly, now.
   */
  put(key: CheckedKey, value: Uint8Array | undefined): boolean {
    // UTF-8 takes at most three bytes for each unit of a string.
    const most = (typeof key === 'string' ? key.length * 3 : key.length) + (value?.length ?? 0);
    const isCalm = this.#back.isCalm(most);
    if (!isCalm && !this.#makeRoom(key, value)) return false;
    const remember = this.#remember();
    const put = this.#binding.kvPend(this.#connection.handle, this.#number, key, value, remember);
    this.#remembered += remember;
    this.#count += put & 1;
    this.#bytes = Math.floor(put / 2);
    if (!isCalm) this.#back.changed();
    return true;
  }

  /** Forgets an entry that has been written directly. */
  forget(key: CheckedKey): void {
    if (this.#count === 0) return;
    const remember = this.#remember();
    const bytes = this.#binding.kvPendingForget(this.#connection.handle, this.#number, key, remember);
    if (bytes < 0) return;
    this.#remembered += remember;
    this.#count--;
    this.#bytes = bytes;
  }

  /** Lets go of everything. */
  clear(): void {
    if (this.#count === 0) return;
    const remember = this.#remember();
    this.#binding.kvPendingClear(this.#connection.handle, this.#number, remember);
    this.#remembered += remember;
    this.#count = this.#bytes = 0;
  }

  /** Writes everything pending in one transaction; the number of entries. Nothing while locked. */
  flush(): number {
    return this.#back.flush();
  }

  /** Before the connection closes. */
  close(): void {
    this.#back.close();
  }

  writeOut(): void {
    this.#write();
    this.clear();
  }

  begin(): void {
    this.#marks.push({ count: this.#count, bytes: this.#bytes, remembered: this.#remembered });
  }

  commit(): void {
    this.#marks.pop();
    if (this.#marks.length > 0 || this.#remembered === 0) return;
    this.#remembered = 0;
    this.#binding.kvPendingSettle(this.#connection.handle, this.#number);
  }

  rollback(): void {
    const mark = this.#marks.pop();
    // A vault that was opened inside the transaction has not heard of its beginning.
    if (!mark || this.#remembered === mark.remembered) return;
    this.#binding.kvPendingUndo(this.#connection.handle, this.#number, mark.remembered);
    this.#count = mark.count;
    this.#bytes = mark.bytes;
    this.#remembered = mark.remembered;
  }

  #makeRoom(key: CheckedKey, value: Uint8Array | undefined): boolean {
    const keyBytes = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
    const bytes = keyBytes + (value?.length ?? 0);
    const before = this.#lengthOf(key);
    return this.#back.makeRoom(before === undefined ? bytes : bytes - keyBytes - Math.max(before, 0), bytes);
  }

  /** The length of the value that waits for a key, negative where it is to be deleted; undefined where nothing waits. */
  #lengthOf(key: CheckedKey): number | undefined {
    if (this.#count === 0) return undefined;
    const length = this.#binding.kvPendingLength(this.#connection.handle, this.#number, key);
    return length === -1 ? undefined : length;
  }

  #remember(): 0 | 1 {
    return this.#marks.length > 0 ? 1 : 0;
  }
}
