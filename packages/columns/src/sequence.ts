import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { ascendingOrder } from './bulk/indexes.ts';
import type { Picked } from './bulk/ranges.ts';
import type { ColumnStore } from './elements/column-store.ts';
import { cut, type ElementBytes, EMPTY_BLOCK, type EncodedBlock, gathered, joined } from './elements/encoded-block.ts';
import type { ColumnCache } from './pending/column-cache.ts';
import type { KnownPieces } from './statistics/known-pieces.ts';

/** The most elements for which a length alone is reason to allocate memory: it may be damaged. */
const TRUSTED_ELEMENTS = 1_000_000;

/** The elements of a column as bytes: the committed ones and then the pending ones, as one sequence. */
export class Sequence {
  readonly #connection: Connection;
  readonly #cache: ColumnCache;
  readonly #store: ColumnStore;
  /** The bytes of one element; 0 if they have a variable size. */
  readonly #elemSize: number;

  constructor(connection: Connection, cache: ColumnCache, elemSize: number) {
    this.#connection = connection;
    this.#cache = cache;
    this.#store = cache.store;
    this.#elemSize = elemSize;
  }

  get length(): number {
    // The store comes first: looking at the file takes in what has happened to the transaction.
    return this.#store.length + this.#cache.pending.count;
  }

  get bytes(): number {
    return this.#store.bytes + this.#cache.pending.elements.bytes;
  }

  /** Returns a function that tells whether elements may have changed or moved since this call. */
  watch(): () => boolean {
    const stored = this.#store.generation;
    const pending = this.#cache.pending.generation;
    return () => this.#store.generation !== stored || this.#cache.pending.generation !== pending;
  }

  /** Finds an element's bytes. Returns false if there is no such element. */
  locate(index: number, target: ElementBytes): boolean {
    const committed = this.#store.length;
    const { elements } = this.#cache.pending;
    if (index < 0 || index >= committed + elements.count) return false;
    if (index >= committed) {
      target.bytes = elements.at(index - committed);
      target.start = 0;
      target.end = target.bytes.length;
      return true;
    }
    try {
      this.#store.locate(index, target);
    } catch (error) {
      // Another process may have removed the element meanwhile.
      if (error instanceof InvalidArgument && index >= this.#store.length) return false;
      throw error;
    }
    return true;
  }

  /** Returns the bytes of a range. */
  read(start: number, end: number): EncodedBlock {
    const committed = this.#store.length;
    const { elements } = this.#cache.pending;
    if (end <= committed) return this.#store.read(start, end);
    if (start >= committed) return elements.read(start - committed, end - committed);
    return joined(this.#store.read(start, committed), elements.read(0, end - committed));
  }

  /** Copies the bytes of a range into `target`. Only for elements of fixed size. */
  readInto(start: number, end: number, target: Buffer): void {
    const committed = this.#store.length;
    const until = Math.max(start, Math.min(end, committed));
    const split = (until - start) * this.#elemSize;
    if (until > start) this.#store.readInto?.(start, until, target.subarray(0, split));
    if (end > until) target.set(this.#cache.pending.elements.read(until - committed, end - committed).data, split);
  }

  /**
   * Passes the bytes of a range piece by piece, in order, until the visitor returns false. They are good only until it
   * returns. Only for elements of fixed size. Of a piece that `known` takes, the bytes are not passed.
   */
  visit(start: number, end: number, visitor: (bytes: Uint8Array, first: number) => boolean, known?: KnownPieces): void {
    const committed = this.#store.length;
    const until = Math.max(start, Math.min(end, committed));
    let goesOn = true;
    if (until > start) {
      const visited = (bytes: Uint8Array, first: number) => {
        goesOn = visitor(bytes, first);
        return goesOn;
      };
      this.#store.visit?.(start, until, visited, known);
    }
    if (goesOn && end > until)
      visitor(this.#cache.pending.elements.read(until - committed, end - committed).data, until);
  }

  /** Returns the bytes of every `step`th element. */
  pick({ first, count, step }: Picked): EncodedBlock {
    // Before much memory is allocated, the farthest element must exist: the length may be damaged.
    const last = first + (count - 1) * step;
    if (count > TRUSTED_ELEMENTS) this.locate(Math.max(first, last), { bytes: EMPTY_BLOCK.data, start: 0, end: 0 });
    const locate = (nth: number, target: ElementBytes) => void this.locate(first + nth * step, target);
    return gathered(count, this.#elemSize, locate, { check: this.#check });
  }

  /** Returns the bytes of elements in the order of their indexes, which must exist. */
  take(indexes: Float64Array): EncodedBlock {
    if (this.#cache.pending.count === 0) {
      const block = this.#store.take?.(indexes);
      if (block) return block;
    }
    const locate = (nth: number, target: ElementBytes) => void this.locate(indexes[nth] as number, target);
    // In the order of the file, each piece of it is read at most once.
    return gathered(indexes.length, this.#elemSize, locate, { check: this.#check, order: ascendingOrder(indexes) });
  }

  /**
   * Counts the elements from `start` up to `end`, as long as they have at most so many bytes together; at least one. It
   * stops where the pending elements begin.
   */
  countWithin(start: number, end: number, bytes: number): number {
    if (this.#elemSize > 0) return Math.max(1, Math.floor(bytes / this.#elemSize));
    const committed = this.#store.length;
    if (start < committed) return Math.max(1, this.#store.countWithin?.(start, Math.min(end, committed), bytes) ?? 1);
    const { elements } = this.#cache.pending;
    let [count, left] = [0, bytes];
    while (start + count < end && left >= 0) left -= elements.at(start + count++ - committed).length;
    return Math.max(1, left < 0 ? count - 1 : count);
  }

  /** Returns what refuses more bytes than a file of strangers has: its index may give many elements the same bytes. */
  get #check(): ((bytes: number) => void) | undefined {
    const { untrusted } = this.#connection.shared;
    return untrusted && ((bytes) => untrusted.checkStored(bytes, () => 'a range of a column'));
  }

  /** Adds elements, as pending ones if a cache is active. Returns the new length. */
  append(block: EncodedBlock): number {
    const cache = this.#cache;
    if (!cache.active) return this.appendNow(block);
    this.#connection.checkWritable();
    // Read first, because it may throw, and then nothing must have changed.
    const { length } = this;
    return cache.append(block) ? length + block.count : this.#appendAfterPending(block);
  }

  /** Adds elements to the committed ones. Returns the new length. */
  appendNow(block: EncodedBlock): number {
    return this.#cache.pending.elements.count === 0 ? this.#store.append(block) : this.#appendAfterPending(block);
  }

  /** Adds elements to the file, after those that are pending. */
  #appendAfterPending(block: EncodedBlock): number {
    return this.#connection.transaction(() => {
      this.#cache.pending.writeOut();
      return this.#store.append(block);
    });
  }

  /** Replaces one element. The store's own transaction and check are sufficient for a committed one. */
  set(index: number, block: EncodedBlock): void {
    const isAlone = this.#cache.active || this.#cache.pending.elements.count === 0;
    if (isAlone && index < this.#store.length) this.#store.write(index, block);
    else this.change(index, () => this.write(index, block));
  }

  /** Replaces as many elements as the block has, all of which must exist. */
  write(start: number, block: EncodedBlock): void {
    const committed = this.#store.length;
    const split = Math.max(0, Math.min(block.count, committed - start));
    const [stored, pending] = cut(block, split, this.#elemSize);
    if (stored.count > 0) this.#store.write(start, stored);
    if (pending.count > 0) this.#cache.pending.changing().write(start + split - committed, pending);
    this.#cache.changed();
  }

  /** Removes elements, and inserts others there. */
  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    const committed = this.#store.length;
    const stored = Math.max(0, Math.min(deleteCount, committed - start));
    const intoStore = start < committed || (start === committed && this.#cache.pending.elements.count === 0);
    if (deleteCount > stored) {
      this.#cache.pending
        .changing()
        .splice(Math.max(0, start - committed), deleteCount - stored, intoStore ? EMPTY_BLOCK : block);
    } else if (!intoStore) {
      this.#cache.pending.changing().splice(start - committed, 0, block);
    }
    if (intoStore && (stored > 0 || block.count > 0)) this.#store.splice(start, stored, block);
    this.#cache.changed();
  }

  /** Removes all elements, pending ones too. If the file cannot be written, nothing changes. */
  clear(): void {
    this.#connection.transaction(() => {
      this.#cache.pending.clear();
      this.#store.clear();
    });
  }

  /**
   * Runs a change from an index on. It runs in one transaction, unless it concerns only pending elements of a cache of
   * this vault. If this vault has no cache, pending elements are written first: when the change returns, it is in the
   * file.
   */
  change<R>(from: number, body: () => R): R {
    const pending = this.#cache.pending.elements.count;
    if (pending > 0 && !this.#cache.active) {
      return this.#connection.transaction(() => {
        this.#cache.pending.writeOut();
        return body();
      });
    }
    if (pending > 0 && (from < 0 ? -from <= pending : from >= this.#store.length)) {
      this.#connection.checkWritable();
      return body();
    }
    return this.#connection.transaction(body);
  }
}
