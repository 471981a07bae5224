import type { KeyRange } from '@kohakuvault/kvault';
import { AbstractIterator, AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import { type BytesVault, type Format, type FormatName, inFormat } from './formats.ts';
import { keyRangeOf, type LevelRange, rangeFrom } from './range.ts';
import type { State } from './states.ts';

/** The options of an iterator, as abstract-level passes them. */
export interface LevelIteratorOptions extends LevelRange {
  readonly keys?: boolean | undefined;
  readonly values?: boolean | undefined;
  readonly keyEncoding?: FormatName | undefined;
  readonly valueEncoding?: FormatName | undefined;
}

/** What an iterator reads from: a state, and what ends it if it belongs to the iterator alone. */
export interface IteratorSource {
  readonly state: State;
  readonly end: () => void;
}

/** What the three kinds of iterators do alike: they go through a range of one state. */
class Cursor<T> {
  readonly #source: IteratorSource;
  readonly #range: KeyRange;
  readonly #open: (vault: BytesVault, range: KeyRange) => Iterator<T, unknown>;
  #rows: Iterator<T, unknown> | undefined;

  constructor(
    source: IteratorSource,
    options: LevelIteratorOptions,
    open: (vault: BytesVault, range: KeyRange) => Iterator<T, unknown>,
  ) {
    this.#source = source;
    // abstract-level counts, also after `seek`.
    this.#range = keyRangeOf({ ...options, limit: -1 });
    this.#open = open;
    this.#rows = open(source.state.vault, this.#range);
  }

  next(): T | undefined {
    const { value, done } = this.#rows?.next() ?? { done: true };
    return done ? undefined : value;
  }

  nextMany(size: number): T[] {
    const found: T[] = [];
    while (found.length < size) {
      const item = this.next();
      if (item === undefined) break;
      found.push(item);
    }
    return found;
  }

  seek(target: Format): void {
    this.#rows?.return?.();
    const range = rangeFrom(this.#range, target);
    this.#rows = range && this.#open(this.#source.state.vault, range);
  }

  close(): void {
    this.#rows?.return?.();
    this.#rows = undefined;
    this.#source.end();
  }
}

function* entriesOf(
  vault: BytesVault,
  range: KeyRange,
  { keys, values, keyEncoding, valueEncoding }: LevelIteratorOptions,
): Generator<[Format | undefined, Format | undefined]> {
  if (values === false) {
    for (const key of vault.keys(range)) yield [keys === false ? undefined : inFormat(key, keyEncoding), undefined];
    return;
  }
  for (const [key, value] of vault.entries(range)) {
    yield [keys === false ? undefined : inFormat(key, keyEncoding), inFormat(value, valueEncoding)];
  }
}

// biome-ignore lint/suspicious/noExplicitAny: abstract-level decides what keys and values are outside.
type Any = any;

export class KVaultIterator extends AbstractIterator<Any, Any, Any> {
  readonly #cursor: Cursor<[Format | undefined, Format | undefined]>;

  constructor(db: Any, options: LevelIteratorOptions, source: IteratorSource) {
    super(db, options as Any);
    this.#cursor = new Cursor(source, options, (vault, range) => entriesOf(vault, range, options));
  }

  async _next() {
    return this.#cursor.next();
  }

  async _nextv(size: number) {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Format): void {
    this.#cursor.seek(target);
  }

  async _close(): Promise<void> {
    this.#cursor.close();
  }
}

export class KVaultKeyIterator extends AbstractKeyIterator<Any, Any> {
  readonly #cursor: Cursor<Format>;

  constructor(db: Any, options: LevelIteratorOptions, source: IteratorSource) {
    super(db, options as Any);
    this.#cursor = new Cursor(source, options, (vault, range) =>
      mapped(vault.keys(range), (key) => inFormat(key, options.keyEncoding)),
    );
  }

  async _next() {
    return this.#cursor.next();
  }

  async _nextv(size: number) {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Format): void {
    this.#cursor.seek(target);
  }

  async _close(): Promise<void> {
    this.#cursor.close();
  }
}

export class KVaultValueIterator extends AbstractValueIterator<Any, Any, Any> {
  readonly #cursor: Cursor<Format>;

  constructor(db: Any, options: LevelIteratorOptions, source: IteratorSource) {
    super(db, options as Any);
    this.#cursor = new Cursor(source, options, (vault, range) =>
      mapped(vault.values(range), (value) => inFormat(value, options.valueEncoding)),
    );
  }

  async _next() {
    return this.#cursor.next();
  }

  async _nextv(size: number) {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Format): void {
    this.#cursor.seek(target);
  }

  async _close(): Promise<void> {
    this.#cursor.close();
  }
}

function* mapped<T>(rows: Iterable<Buffer>, map: (bytes: Buffer) => T): Generator<T> {
  for (const row of rows) yield map(row);
}
