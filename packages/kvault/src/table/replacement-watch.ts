import { type Access, tableKey } from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, toBytes } from '../keys/keys.ts';

/** Notices when a vault of this thread gives one key another value, or deletes it. */
export class ReplacementWatch {
  /** The table's name as SQLite compares names. */
  readonly table: string;
  readonly key: Buffer;
  replaced = false;
  /** The rowids that the value's row has had: `compact` moves rows. */
  readonly rowids = new Set<bigint>();
  readonly #end: () => void;

  constructor(table: string, key: Buffer, end: (watch: ReplacementWatch) => void) {
    this.table = table;
    this.key = key;
    this.#end = () => end(this);
  }

  end(): void {
    this.#end();
  }
}

/** The watches of all vaults on one connection. */
export class ReplacementWatches {
  /** Held weakly: a handle that is dropped without close must not keep its memory. */
  readonly #watches = new Set<WeakRef<ReplacementWatch>>();

  static of(connection: Access): ReplacementWatches {
    return connection.companion('replacement watches', () => new ReplacementWatches());
  }

  watch(table: string, key: Buffer): ReplacementWatch {
    const watch = new ReplacementWatch(tableKey(table), key, (ended) => this.#forget(ended));
    this.#watches.add(new WeakRef(watch));
    return watch;
  }

  /** Returns the watches on a table. */
  on(table: string): ReplacementWatch[] {
    const name = tableKey(table);
    const live = Array.from(this.#watches, (held) => held.deref());
    return live.filter((watch) => watch !== undefined).filter((watch) => watch.table === name);
  }

  /**
   * Marks the watches whose value has been written: those of one key, those that a function selects, or those of the
   * table.
   */
  noteReplaced(table: string, written?: CheckedKey | ((key: Buffer) => boolean)): void {
    if (this.#watches.size === 0) return;
    const name = tableKey(table);
    const isWritten = selectorOf(written);
    for (const held of this.#watches) {
      const watch = held.deref();
      if (!watch) this.#watches.delete(held);
      else if (watch.table === name && isWritten(watch.key)) watch.replaced = true;
    }
  }

  #forget(ended: ReplacementWatch): void {
    for (const held of this.#watches) if (held.deref() === ended) this.#watches.delete(held);
  }
}

function selectorOf(written: CheckedKey | ((key: Buffer) => boolean) | undefined): (key: Buffer) => boolean {
  if (written === undefined) return () => true;
  if (typeof written === 'function') return written;
  const bytes = toBytes(written);
  return (key) => key.equals(bytes);
}
