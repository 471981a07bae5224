import { nativeCore } from '@kohakuvault/core-native/internal';
import type {
  PendingWrites,
  SharedConnection,
  TransactionParticipant,
} from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';

/** What is pending for a key: a value, or that it is to be deleted. */
export interface Pending {
  readonly value: Buffer | undefined;
}

/** How much was pending where a level of a transaction began. */
interface Mark {
  readonly count: number;
  readonly bytes: number;
}

/**
 * The entries of one table that wait to be written together, for all vaults on the connection. The core holds them, and its reads
 * of the table see them; they follow the transactions of the connection, no matter who runs them.
 */
export class PendingEntries implements PendingWrites, TransactionParticipant {
  locks = 0;
  readonly #shared: SharedConnection;
  readonly #number: number;
  readonly #write: () => void;
  readonly #binding = nativeCore().binding;
  readonly #marks: Mark[] = [];
  #count = 0;
  #bytes = 0;

  /** `number` is what the core knows the table by; `write` writes all of it inside the transaction that is open. */
  constructor(shared: SharedConnection, number: number, write: () => void) {
    this.#shared = shared;
    this.#number = number;
    this.#write = write;
    shared.addPending(this);
  }

  get count(): number {
    // A rollback nobody has heard of yet may have brought some back.
    this.#shared.levels.catchUp();
    return this.#count;
  }

  get bytes(): number {
    this.#shared.levels.catchUp();
    return this.#bytes;
  }

  /** How many more keys there are with what is pending than in the file; negative where there are fewer. */
  get surplus(): number {
    return this.count === 0 ? 0 : this.#binding.kvPendingSurplus(this.#shared.handle, this.#number);
  }

  /** What is pending for a key, as a copy. */
  get(key: CheckedKey): Pending | undefined {
    const length = this.lengthOf(key);
    if (length === undefined) return undefined;
    if (length < 0) return { value: undefined };
    const value = Buffer.allocUnsafeSlow(length);
    this.#binding.kvGet(this.#shared.handle, this.#number, key, value, 0);
    return { value };
  }

  has(key: CheckedKey): boolean {
    return this.lengthOf(key) !== undefined;
  }

  /** The length of the value that waits for a key, negative where it is to be deleted; undefined where nothing waits. */
  lengthOf(key: CheckedKey): number | undefined {
    if (this.count === 0) return undefined;
    const length = this.#binding.kvPendingLength(this.#shared.handle, this.#number, key);
    return length === -1 ? undefined : length;
  }

  /** Puts a copy of a value here, or that the key is to be deleted. */
  put(key: CheckedKey, value: Uint8Array | undefined): void {
    this.#shared.follow();
    const put = this.#binding.kvPend(this.#shared.handle, this.#number, key, value);
    this.#count += put & 1;
    this.#bytes = Math.floor(put / 2);
    this.#shared.noteChange();
  }

  /** Forgets an entry that has been written directly. */
  forget(key: CheckedKey): void {
    if (this.count === 0) return;
    this.#shared.follow();
    const bytes = this.#binding.kvPendingForget(this.#shared.handle, this.#number, key);
    if (bytes < 0) return;
    this.#count--;
    this.#bytes = bytes;
    this.#shared.noteChange();
  }

  /** Lets go of everything. */
  clear(): void {
    if (this.count === 0) return;
    this.#shared.follow();
    this.#binding.kvPendingClear(this.#shared.handle, this.#number);
    this.#count = this.#bytes = 0;
    this.#shared.noteChange();
  }

  writeOut(): void {
    if (this.count === 0) return;
    this.#write();
    this.clear();
  }

  begin(): void {
    this.#marks.push({ count: this.#count, bytes: this.#bytes });
    this.#binding.kvPendingBegin(this.#shared.handle, this.#number);
  }

  commit(): void {
    this.#marks.pop();
    this.#binding.kvPendingCommit(this.#shared.handle, this.#number);
  }

  rollback(): void {
    const mark = this.#marks.pop();
    this.#binding.kvPendingRollback(this.#shared.handle, this.#number);
    this.#count = mark?.count ?? this.#count;
    this.#bytes = mark?.bytes ?? this.#bytes;
    this.#shared.noteChange();
  }
}
