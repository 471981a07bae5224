import { CachedVault, type Connection, type KvRow, type KvTable } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { checkDeleteRange, isRange } from './arguments.ts';
import type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
import { type KeyRange, withoutForeignKeys } from './keys/range.ts';
import type { Entries } from './table/entries.ts';
import { RowIterator } from './table/row-iterator.ts';
import { keyOf, Scan } from './table/scan.ts';
import type { TableReads } from './table/table-reads.ts';
import type { KeyedCodec } from './values/keyed-codec.ts';
import type { Stored } from './values/wrapped.ts';
import type { VaultKeys } from './vault-keys.ts';
import type { VaultSetup } from './vault-parts.ts';

/** The calls about many keys of a vault: those of a range, in the order of the keys. */
export abstract class RangeCalls<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends CachedVault {
  readonly #connection: Connection;
  readonly #keys: VaultKeys<K>;
  readonly #codec: KeyedCodec;
  readonly #rows: KvTable;
  readonly #entries: Entries;
  readonly #reads: TableReads;

  /** @internal */
  constructor({ connection, keys, codec, rows, entries }: VaultSetup<K>) {
    super(connection, entries.cache.writeBack);
    this.#connection = connection;
    this.#keys = keys;
    this.#codec = codec;
    this.#rows = rows;
    this.#entries = entries;
    this.#reads = entries.reads;
  }

  /**
   * Returns the values of many keys, in their order, or all values of a range, in the order of their keys. They are from
   * one state of the file.
   */
  getMany(keys: Iterable<Key>): (Stored<V, A, E> | undefined)[];
  getMany(range: KeyRange): Stored<V, A, E>[];
  getMany(keys: Iterable<Key> | KeyRange): (Stored<V, A, E> | undefined)[] {
    if (isRange(keys)) return this.#collect(keys, this.#valueOf);
    return this.#reads.getMany(this.#keys.list('getMany', keys)) as (Stored<V, A, E> | undefined)[];
  }

  /** Deletes the keys of a range, or with a prefix, in one transaction. Returns how many there were. */
  deleteRange(range: KeyRange | Key): number {
    checkDeleteRange(range);
    return this.#entries.deleteRange(withoutForeignKeys(this.#keys.range(range)));
  }

  clear(): void {
    if (this.#keys.space) this.#entries.deleteRange(this.#keys.range(undefined));
    else this.#entries.clear();
  }

  /** The number of keys. */
  get size(): number {
    return this.#keys.space ? this.#reads.count(this.#keys.range(undefined)) : this.#reads.size;
  }

  /** Counts the keys of a range, or with a prefix, without reading values. */
  count(range?: KeyRange | Key): number {
    return this.#reads.count(withoutForeignKeys(this.#keys.range(range)));
  }

  keys(range?: KeyRange | Key): Generator<KeyOf<K>> {
    return this.#iterate(range, false, this.#keys.keyOf);
  }

  values(range?: KeyRange | Key): Generator<Stored<V, A, E>> {
    return this.#iterate(range, true, this.#valueOf);
  }

  entries(range?: KeyRange | Key): Generator<[KeyOf<K>, Stored<V, A, E>]> {
    return this.#iterate(range, true, this.#entryOf);
  }

  /** Returns the entries of a range, or with a prefix, as an array, from one state of the file. */
  toArray(range?: KeyRange | Key): [KeyOf<K>, Stored<V, A, E>][] {
    return this.#collect(range, this.#entryOf);
  }

  [Symbol.iterator](): Generator<[KeyOf<K>, Stored<V, A, E>]> {
    return this.entries();
  }

  #scan(range: KeyRange | Key | undefined, values: boolean): Scan {
    const fetch = (key: Buffer) => this.#reads.stored(key);
    const { expiries } = this.#entries;
    const source = { connection: this.#connection, name: this.#keys.table, rows: this.#rows, expiries, fetch };
    return new Scan(source, this.#keys.range(range), values);
  }

  #iterate<T>(range: KeyRange | Key | undefined, values: boolean, read: (row: KvRow) => T): Generator<T> {
    return new RowIterator(() => this.#scan(range, values), read) as unknown as Generator<T>;
  }

  #collect<T>(range: KeyRange | Key | undefined, read: (row: KvRow) => T): T[] {
    return this.#connection.consistently(() => {
      const scan = this.#scan(range, true);
      const { row } = scan;
      const found: T[] = [];
      try {
        while (scan.next()) found.push(read(row));
      } finally {
        scan.end();
      }
      return found;
    });
  }

  readonly #valueOf = (row: KvRow): Stored<V, A, E> => {
    const { memory, keyEnd, valueEnd, own } = row;
    const key = () => keyOf(row);
    return (own ? this.#codec.decode(own, key) : this.#codec.decodeFrom(memory, keyEnd, valueEnd, key)) as Stored<
      V,
      A,
      E
    >;
  };

  readonly #entryOf = (row: KvRow): [KeyOf<K>, Stored<V, A, E>] => [this.#keys.keyOf(row), this.#valueOf(row)];
}
