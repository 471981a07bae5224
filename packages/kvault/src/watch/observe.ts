import { describe, InvalidArgument, LiveIteration } from '@kohakuvault/core-native/internal';
import type { CommitWaiter, Connection } from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, toBytes } from '../keys/keys.ts';
import type { PendingEntries } from '../table/pending-entries.ts';
import { encodeManifest } from '../values/manifest.ts';
import type { ValueBytes } from '../values/value-bytes.ts';
import type { ObserveOptions } from './observe-options.ts';
import { checkSignal } from './signal-option.ts';

/** What `observe` needs of its vault. */
export interface Observable<V> {
  readonly connection: Connection;
  readonly values: ValueBytes;
  readonly pending: PendingEntries;
  get(key: CheckedKey): V | undefined;
}

/**
 * The value of one key as it changes: with `subscribe` and `getSnapshot` for user interfaces, and with `for await`. It
 * tells of the newest value, and may leave out values between.
 */
export class Observed<V> implements AsyncIterable<V | undefined> {
  readonly #source: Observable<V>;
  readonly #key: CheckedKey;
  readonly #bytes: Buffer;
  readonly #listeners = new Set<() => void>();
  #waiter: CommitWaiter | undefined;
  /** What tells the last value from the next one; undefined without a value. */
  #mark: Buffer | undefined;
  #value: V | undefined;
  /** Counts the changes that were noticed. */
  #version = 0;

  /** @internal */
  constructor(source: Observable<V>, key: CheckedKey) {
    this.#source = source;
    this.#key = key;
    this.#bytes = toBytes(key);
  }

  /** Returns the value now; undefined without one. While it does not change, this is the same object. */
  readonly getSnapshot = (): V | undefined => {
    this.#refresh();
    return this.#value;
  };

  /**
   * Has a listener called when the value has changed, until the returned function is called. It keeps no process
   * running.
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    if (typeof listener !== 'function') {
      throw new InvalidArgument(`subscribe expects a function that is called, got ${describe(listener)}`);
    }
    // The same function may subscribe twice.
    const own = () => listener();
    if (!this.#waiter?.open) {
      this.#refresh();
      const waiter = this.#source.connection.waitForCommits({ keepsAlive: false });
      this.#waiter = waiter;
      void this.#run(waiter);
    }
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#waiter?.close();
    };
  };

  /** Iterates over the value now and each newer one. */
  [Symbol.asyncIterator](): LiveIteration<V | undefined> {
    return this.values();
  }

  /** Does the same, until the signal is aborted. */
  values(options?: ObserveOptions): LiveIteration<V | undefined> {
    const signal = checkSignal('values', options);
    const waiter = this.#source.connection.waitForCommits({ signal });
    return new LiveIteration(waiter, this.#values(waiter));
  }

  async *#values(waiter: CommitWaiter): AsyncGenerator<V | undefined, void, undefined> {
    try {
      let seen = -1;
      for (let goesOn = true; goesOn; goesOn = await waiter.wait({ again: this.#isInTransaction })) {
        waiter.throwIfAborted();
        if (!waiter.open) return;
        waiter.note();
        if (this.#isInTransaction && seen >= 0) continue;
        this.#refresh();
        if (seen === this.#version) continue;
        seen = this.#version;
        yield this.#value;
      }
    } finally {
      waiter.close();
    }
  }

  async #run(waiter: CommitWaiter): Promise<void> {
    let seen = this.#version;
    do {
      waiter.note();
      if (!this.#isInTransaction) seen = this.#tell(seen);
    } while (await waiter.wait({ again: this.#isInTransaction }));
  }

  /** Calls the listeners if the value is another one. Returns the version that they know. */
  #tell(seen: number): number {
    try {
      this.#refresh();
    } catch {
      // The listeners ask for the value, and get the error.
      this.#version++;
    }
    if (seen === this.#version) return seen;
    const version = this.#version;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return version;
  }

  /** Whether reads would see what may be rolled back. */
  get #isInTransaction(): boolean {
    const { connection } = this.#source;
    return connection.open && connection.shared.database.inTransaction;
  }

  #refresh(): void {
    const { connection } = this.#source;
    connection.consistently(() => {
      const mark = this.#currentMark();
      const isSame = mark === undefined ? this.#mark === undefined : this.#mark?.equals(mark) === true;
      if (isSame && this.#version > 0) return;
      this.#value = mark === undefined ? undefined : this.#source.get(this.#key);
      this.#mark = mark;
      this.#version++;
    });
  }

  /** Returns the stored bytes, or the manifest of a value in parts, which has an id of its own. */
  #currentMark(): Buffer | undefined {
    const { values, pending, connection } = this.#source;
    connection.prepareRead();
    const write = pending.get(this.#key);
    if (write) return write.value;
    const manifest = values.extentOf(this.#bytes)?.manifest;
    return manifest ? encodeManifest(manifest) : values.readAll(this.#bytes);
  }
}
