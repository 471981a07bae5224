import type {
  KvEnds,
  KvPendingWrite,
  KvTable,
  PendingWrites,
  SharedConnection,
  TransactionParticipant,
} from '@kohakuvault/core-native/internal/database';
import { NEVER } from '../expiry/expiry-options.ts';
import { PendingTimes } from '../expiry/pending-times.ts';
import type { CheckedKey } from '../keys/keys.ts';

/**
 * The pending writes of one table, for all vaults on the connection. The core holds them, and its reads of the table
 * see them. They follow the transactions of the connection, no matter who runs those.
 */
export class PendingEntries implements PendingWrites, TransactionParticipant {
  locks = 0;
  readonly #times = new PendingTimes();
  readonly #shared: SharedConnection;
  readonly #rows: KvTable;
  readonly #write: () => void;

  /** `write` writes everything that is pending, inside the open transaction. */
  constructor(shared: SharedConnection, rows: KvTable, write: () => void) {
    this.#shared = shared;
    this.#rows = rows;
    this.#write = write;
    shared.addPending(this);
  }

  get count(): number {
    // A rollback that has not been processed yet may have brought some back.
    this.#shared.levels.catchUp();
    return this.#rows.pendingCount;
  }

  get bytes(): number {
    this.#shared.levels.catchUp();
    return this.#rows.pendingBytes;
  }

  /** When pending values expire. */
  get times(): PendingTimes {
    this.#shared.levels.catchUp();
    return this.#times;
  }

  /**
   * Returns how many more keys a range has with the pending writes than in the file; a negative number if there are
   * fewer.
   */
  surplus(range: KvEnds): number {
    this.#shared.levels.catchUp();
    return this.#rows.pendingSurplus(range);
  }

  /** Returns a copy of what is pending for a key; undefined if nothing is. */
  get(key: CheckedKey): KvPendingWrite | undefined {
    return this.count === 0 ? undefined : this.#rows.pendingWrite(key);
  }

  has(key: CheckedKey): boolean {
    return this.lengthOf(key) !== undefined;
  }

  /** Returns the length of a key's pending value, 0 for a pending deletion, undefined if nothing is pending. */
  lengthOf(key: CheckedKey): number | undefined {
    return this.count === 0 ? undefined : this.#rows.pendingLength(key);
  }

  /** Makes a copy of a value pending, which may expire, or, without a value, the deletion of the key. */
  put(key: CheckedKey, value: Uint8Array | undefined, time = NEVER): void {
    this.#shared.follow();
    this.#rows.pend(key, value);
    this.#times.set(key, time);
    this.#shared.noteChange();
  }

  /** Has the value that is pending for a key expire at another time. */
  setTime(key: CheckedKey, time: number): void {
    this.#shared.follow();
    this.#times.set(key, time);
    this.#shared.noteChange();
  }

  /** Forgets an entry that has been written directly. */
  forget(key: CheckedKey): void {
    if (this.count === 0) return;
    this.#shared.follow();
    if (!this.#rows.forget(key)) return;
    this.#times.set(key, NEVER);
    this.#shared.noteChange();
  }

  /** Forgets everything. */
  clear(): void {
    if (this.count === 0) return;
    this.#shared.follow();
    this.#rows.forgetAll();
    this.#times.clear();
    this.#shared.noteChange();
  }

  writeOut(): void {
    if (this.count === 0) return;
    this.#write();
    this.clear();
  }

  begin(): void {
    this.#rows.beginLevel();
    this.#times.begin();
  }

  commit(): void {
    this.#rows.commitLevel();
    this.#times.commit();
  }

  rollback(): void {
    this.#rows.rollbackLevel();
    this.#times.rollback();
    this.#shared.noteChange();
  }
}
