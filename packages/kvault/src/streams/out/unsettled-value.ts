import type { StreamContext, StreamKey } from '../stream-context.ts';
import { canReadPrivately, PrivateValue } from './private-value.ts';
import { type ReadableValue, replaced } from './readable-value.ts';
import { WatchedValue } from './watched-value.ts';

/**
 * A value that was opened in a state that another connection cannot see: in a transaction, which may still be rolled
 * back. It is read through the vault's own connection until that has ended, then in a snapshot of a connection of its
 * own, if it has not been replaced by then.
 */
export class UnsettledValue implements ReadableValue {
  readonly size: number;
  readonly #context: StreamContext;
  readonly #key: StreamKey;
  readonly #holdMs: number | undefined;
  readonly #watched: WatchedValue;
  readonly #leave: () => void;
  #settled: PrivateValue | undefined;
  #rolledBack = false;

  constructor(context: StreamContext, key: StreamKey, holdMs?: number) {
    this.#holdMs = holdMs;
    this.#context = context;
    this.#key = key;
    this.#watched = new WatchedValue(context, key);
    this.size = this.#watched.size;
    let depth = 0;
    let opened = true;
    this.#leave = context.connection.shared.levels.join({
      begin: () => {
        if (opened) depth++;
      },
      rollback: (level) => {
        if (level <= depth) this.#rolledBack = true;
      },
    });
    opened = false;
  }

  read(target: Uint8Array, offset: number): number {
    this.#settled ??= this.#settle();
    const count = (this.#settled ?? this.#watched).read(target, offset);
    if (!this.#settled && this.#rolledBack) throw replaced(this.#context, this.#key);
    return count;
  }

  close(): void {
    this.#leave();
    this.#watched.close();
    this.#settled?.close();
  }

  #settle(): PrivateValue | undefined {
    const { connection } = this.#context;
    if (connection.shared.database.inTransaction || !canReadPrivately(connection)) return undefined;
    const found = PrivateValue.tryOpen(this.#context, this.#key, this.#holdMs);
    try {
      // Only now: a value that has not been replaced yet had not been when the snapshot began.
      this.#watched.refuseReplaced();
      if (this.#rolledBack) throw replaced(this.#context, this.#key);
    } catch (error) {
      found?.close();
      throw error;
    }
    return found;
  }
}
