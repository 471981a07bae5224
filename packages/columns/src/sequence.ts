import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from './elements/column-store.ts';
import { cut, type ElementBytes, EMPTY_BLOCK, type EncodedBlock, gathered, joined } from './elements/encoded-block.ts';
import type { ColumnCache } from './pending/column-cache.ts';
import type { Picked } from './ranges.ts';

/** More elements than this are not taken to be there because of a length alone. */
const SURE_ELEMENTS = 1_000_000;

/** The elements of a column in bytes: the committed ones, and behind them those that wait, as one sequence. */
export class Sequence {
  readonly #connection: Connection;
  readonly #cache: ColumnCache;
  readonly #store: ColumnStore;
  /** Bytes of an element; 0 where they vary. */
  readonly #elemSize: number;

  constructor(connection: Connection, cache: ColumnCache, elemSize: number) {
    this.#connection = connection;
    this.#cache = cache;
    this.#store = cache.store;
    this.#elemSize = elemSize;
  }

  get length(): number {
    // In this order: the look at the file takes in what has happened to the transaction.
    return this.#store.length + this.#cache.pending.count;
  }

  get bytes(): number {
    return this.#store.bytes + this.#cache.pending.elements.bytes;
  }

  /** A function that tells whether elements may have changed or moved since it was made. */
  watch(): () => boolean {
    const stored = this.#store.generation;
    const pending = this.#cache.pending.generation;
    return () => this.#store.generation !== stored || this.#cache.pending.generation !== pending;
  }

  /** Where an element's bytes are; false where there is no such element. */
  locate(index: number, located: ElementBytes): boolean {
    const committed = this.#store.length;
    const { elements } = this.#cache.pending;
    if (index < 0 || index >= committed + elements.count) return false;
    if (index >= committed) {
      located.bytes = elements.at(index - committed);
      located.start = 0;
      located.end = located.bytes.length;
      return true;
    }
    try {
      this.#store.locate(index, located);
    } catch (error) {
      // Another process may have removed it since we looked.
      if (error instanceof InvalidArgument && index >= this.#store.length) return false;
      throw error;
    }
    return true;
  }

  /** The bytes of a range. */
  read(start: number, end: number): EncodedBlock {
    const committed = this.#store.length;
    const { elements } = this.#cache.pending;
    if (end <= committed) return this.#store.read(start, end);
    if (start >= committed) return elements.read(start - committed, end - committed);
    return joined(this.#store.read(start, committed), elements.read(0, end - committed));
  }

  /** The same, of elements of one size, into memory that is there. */
  readInto(start: number, end: number, target: Buffer): void {
    const committed = this.#store.length;
    const until = Math.max(start, Math.min(end, committed));
    const split = (until - start) * this.#elemSize;
    if (until > start) this.#store.readInto?.(start, until, target.subarray(0, split));
    if (end > until) target.set(this.#cache.pending.elements.read(until - committed, end - committed).data, split);
  }

  pick({ first, count, step }: Picked): EncodedBlock {
    // Much memory is not asked for before the farthest of them has been found: the length may be damaged.
    const last = first + (count - 1) * step;
    if (count > SURE_ELEMENTS) this.locate(Math.max(first, last), { bytes: EMPTY_BLOCK.data, start: 0, end: 0 });
    return gathered(count, this.#elemSize, (nth, located) => {
      this.locate(first + nth * step, located);
    });
  }

  /** Adds elements, which wait where a cache is active; how many there are then. */
  append(block: EncodedBlock): number {
    const cache = this.#cache;
    if (!cache.active) return this.appendNow(block);
    this.#connection.checkWritable();
    // Looked up first: what throws must have changed nothing.
    const { length } = this;
    const waits = cache.add(block.data.length, (elements) => elements.append(block));
    return waits ? length + block.count : this.#appendBehindPending(block);
  }

  /** Adds elements to the committed ones; how many these are then. */
  appendNow(block: EncodedBlock): number {
    return this.#cache.pending.elements.count === 0 ? this.#store.append(block) : this.#appendBehindPending(block);
  }

  /** What was added before comes before it. */
  #appendBehindPending(block: EncodedBlock): number {
    return this.#connection.transaction(() => {
      this.#cache.pending.writeOut();
      return this.#store.append(block);
    });
  }

  /** Replaces one element, which a transaction of the store's own and its own look at what is there suffice for. */
  set(index: number, block: EncodedBlock): void {
    const isAlone = this.#cache.active || this.#cache.pending.elements.count === 0;
    if (isAlone && index < this.#store.length) this.#store.write(index, block);
    else this.change(index, () => this.write(index, block));
  }

  /** Replaces as many elements as the block has, all of which must be there. */
  write(start: number, block: EncodedBlock): void {
    const committed = this.#store.length;
    const split = Math.max(0, Math.min(block.count, committed - start));
    const [stored, pending] = cut(block, split, this.#elemSize);
    if (stored.count > 0) this.#store.write(start, stored);
    if (pending.count > 0) this.#cache.pending.changing().write(start + split - committed, pending);
    this.#cache.changed();
  }

  /** Takes elements out and puts others in their place. */
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

  /** Takes all elements out, also those that wait: all of it or, where the file cannot be written, nothing. */
  clear(): void {
    this.#connection.transaction(() => {
      this.#cache.pending.clear();
      this.#store.clear();
    });
  }

  /**
   * Runs a change from an index on: in one transaction, unless it reaches elements only that wait in a cache of this vault's. Without
   * one, what is pending is written first: when the change returns, it is in the file.
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
