import type { TransactionLevels } from './transaction-levels.ts';
import type { Transactions } from './transactions.ts';

/** The pending writes of every vault on one connection for one table, or for all columns. */
export interface PendingWrites {
  readonly count: number;
  readonly bytes: number;
  /** How many bodies run that keep it from being flushed. */
  locks: number;
  /**
   * Writes all of it inside the open transaction and forgets it. A rollback of that transaction makes it pending again.
   */
  writeOut(): void;
}

/** All pending writes of one connection. */
export class AllPending {
  readonly #levels: TransactionLevels;
  readonly #transactions: Transactions;
  readonly #pending = new Set<PendingWrites>();

  constructor(levels: TransactionLevels, transactions: Transactions) {
    this.#levels = levels;
    this.#transactions = transactions;
  }

  /** How many writes are pending. */
  get count(): number {
    let sum = 0;
    for (const { count } of this.#pending) sum += count;
    return sum;
  }

  add(pending: PendingWrites): void {
    this.#pending.add(pending);
  }

  clear(): void {
    this.#pending.clear();
  }

  /** Writes what is not locked, inside the open transaction. */
  writeUnlocked(): void {
    for (const pending of this.#pending) if (pending.locks === 0 && pending.count > 0) pending.writeOut();
  }

  /** Writes everything, locked or not, in one transaction. */
  flush(): void {
    this.#levels.catchUp();
    const waiting = [...this.#pending].filter(({ count }) => count > 0);
    if (waiting.length === 0) return;
    this.#transactions.transaction(() => {
      for (const pending of waiting) pending.writeOut();
    });
  }
}
