import { AbstractIterator, AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import { Cursor, type IteratorSource, type Rows } from './cursor.ts';
import { type Format, type FormatName, inFormat } from './formats.ts';
import type { LevelRange } from './range.ts';

/** The options of an iterator, as abstract-level passes them. */
export interface LevelIteratorOptions extends LevelRange {
  readonly keys?: boolean | undefined;
  readonly values?: boolean | undefined;
  readonly keyEncoding?: FormatName | undefined;
  readonly valueEncoding?: FormatName | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: abstract-level decides what keys and values are outside.
type Any = any;

/** A row as a vault returns it, which becomes an entry of abstract-level in its place. */
type Entry = [key: Format | undefined, value: Format | undefined];

/** Which rows an iterator reads, and what each becomes. A row belongs to the iterator, so it may be changed. */
interface Reading<T> {
  readonly rows: Rows<T>;
  readonly finish: ((row: T) => T) | undefined;
}

type IteratorClass<I> = new (db: Any, options: LevelIteratorOptions, source: IteratorSource) => I;

/** Has one of the three classes of abstract-level read from a cursor. */
function reading<I extends object, T>(
  Parent: new (db: Any, options: Any) => I,
  readingOf: (options: LevelIteratorOptions) => Reading<T>,
): IteratorClass<I> {
  // A mixin extends a class without type arguments.
  class CursorIterator extends (Parent as new (...args: Any[]) => object) {
    readonly #cursor: Cursor<T>;
    readonly #finish: ((row: T) => T) | undefined;

    constructor(...[db, options, source]: [Any, LevelIteratorOptions, IteratorSource]) {
      super(db, options);
      const { rows, finish } = readingOf(options);
      this.#cursor = new Cursor(source, options, rows);
      this.#finish = finish;
    }

    async _next(): Promise<T | undefined> {
      const row = this.#cursor.next();
      return row === undefined ? undefined : (this.#finish?.(row) ?? row);
    }

    async _nextv(size: number): Promise<T[]> {
      return this.#finished(this.#cursor.nextMany(size));
    }

    /** All rows in one array, where abstract-level would join arrays of a thousand. */
    async _all(): Promise<T[]> {
      return this.#finished(this.#cursor.nextMany(Number.POSITIVE_INFINITY));
    }

    _seek(target: Format): void {
      this.#cursor.seek(target);
    }

    async _close(): Promise<void> {
      this.#cursor.close();
    }

    #finished(rows: T[]): T[] {
      const finish = this.#finish;
      if (finish) for (let nth = 0; nth < rows.length; nth++) rows[nth] = finish(rows[nth] as T);
      return rows;
    }
  }
  return CursorIterator as unknown as IteratorClass<I>;
}

export const KVaultKeyIterator = reading<AbstractKeyIterator<Any, Any>, Format>(AbstractKeyIterator, (options) => ({
  rows: (vault, range) => vault.keys(range),
  finish: textIn(options.keyEncoding),
}));

export const KVaultValueIterator = reading<AbstractValueIterator<Any, Any, Any>, Format>(
  AbstractValueIterator,
  (options) => ({ rows: (vault, range) => vault.values(range), finish: textIn(options.valueEncoding) }),
);

export const KVaultIterator = reading<AbstractIterator<Any, Any, Any>, Entry>(AbstractIterator, (options) => {
  const { keys, values, keyEncoding, valueEncoding } = options;
  const keyOf = (key: Buffer) => (keys === false ? undefined : inFormat(key, keyEncoding));
  if (values === false) {
    return {
      rows: (vault, range) => withoutValues(vault.keys(range)),
      finish: ([key]) => [keyOf(key as Buffer), undefined],
    };
  }
  return {
    rows: (vault, range) => vault.entries(range),
    finish: (entry) => {
      entry[0] = keyOf(entry[0] as Buffer);
      entry[1] = inFormat(entry[1] as Buffer, valueEncoding);
      return entry;
    },
  };
});

function* withoutValues(keys: Iterable<Buffer>): Generator<Entry> {
  for (const key of keys) yield [key, undefined];
}

function textIn(format: FormatName | undefined): ((bytes: Format) => Format) | undefined {
  return format === 'utf8' ? (bytes) => bytes.toString() : undefined;
}
