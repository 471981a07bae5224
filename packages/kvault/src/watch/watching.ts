import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { Change } from '../changes/change.ts';
import { type CheckedKey, type Key, toBytes } from '../keys/keys.ts';
import type { KeyRange, ResolvedRange } from '../keys/range.ts';
import type { SharedTable } from '../table/shared-table.ts';
import { ChangeEvents } from './change-events.ts';
import { Observed } from './observe.ts';
import { type Watch, watch } from './watch.ts';
import type { WatchOptions } from './watch-options.ts';

export interface WatchingSetup<K, V> {
  readonly connection: Connection;
  readonly table: string;
  readonly shared: SharedTable;
  /** Checks a key of the vault, and returns the key of the table. */
  checkedKey(key: Key): CheckedKey;
  /** Checks a range of the vault, and returns the range of the table. */
  range(range: KeyRange | Key | undefined): ResolvedRange;
  /** Returns the vault's key of a key of the table. */
  keyOf(key: Buffer): K;
  /** Returns the value of a key of the table. */
  get(key: CheckedKey): V | undefined;
}

/** What tells a vault's user of changes. */
export class Watching<K, V> {
  readonly #setup: WatchingSetup<K, V>;
  #events: ChangeEvents<Change<K, V>> | undefined;

  constructor(setup: WatchingSetup<K, V>) {
    this.#setup = setup;
  }

  get events(): ChangeEvents<Change<K, V>> {
    this.#events ??= new ChangeEvents(() => this.watch(undefined, undefined, false));
    return this.#events;
  }

  watch(range: KeyRange | Key | undefined, options: WatchOptions | undefined, keepsAlive = true): Watch<K, V> {
    const { connection, table, keyOf, get } = this.#setup;
    const resolved = this.#setup.range(range);
    return watch({ connection, table, keyOf, currentValue: get }, resolved, options, keepsAlive);
  }

  observe(key: Key): Observed<V> {
    const { connection, shared, get, checkedKey } = this.#setup;
    const { values, pending } = shared;
    connection.assertOpen();
    // A view of bytes that the caller may change later.
    const checked = checkedKey(key);
    const own = typeof checked === 'string' ? checked : toBytes(checked);
    return new Observed({ connection, values, pending, get }, own);
  }
}
