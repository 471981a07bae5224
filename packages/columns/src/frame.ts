import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { ARROW_RULES, type ArrowOptions } from './arrow/arrow-options.ts';
import { type ArrowElements, type ArrowTable, isArrowTable } from './arrow/arrow-types.ts';
import { arrowModule } from './arrow/load-arrow.ts';
import { copyIndexes, resolveIndexes } from './bulk/indexes.ts';
import { checkBound, checkIndex, clip } from './bulk/ranges.ts';
import type { Column } from './column.ts';
import type { EncodedBlock } from './elements/encoded-block.ts';
import { arrowData, arrowTable } from './export/to-arrow.ts';
import { testOf } from './frame-conditions.ts';
import { checkRow, unequal, unknownColumn } from './frame-rules.ts';
import type {
  FrameBlocks,
  FrameBlocksInput,
  FrameColumns,
  FrameConditions,
  FrameInput,
  FrameRow,
  FrameSchema,
} from './frame-types.ts';
import { boundsOf, RANGE_RULES, type RangeOptions } from './statistics/number-source.ts';

/** The rows that are read at a time. */
const ROWS_AT_ONCE = 4096;

/** What a frame needs of its vault. */
export interface FrameHost {
  /** Whether additions become pending in the cache of the vault. */
  readonly isCached: boolean;
  transaction<R>(body: () => R): R;
  /** Runs a body during which nothing pending is flushed. */
  lockCache<R>(body: () => R): R;
  /** Runs reads of one state of the file. */
  consistently<R>(read: () => R): R;
}

/**
 * Columns of one length that grow together: the columns `<frame>.<name>` of a vault. Whatever adds or removes rows does it
 * in all columns or in none.
 */
export class Frame<S extends FrameSchema = FrameSchema> {
  readonly name: string;
  /** The columns, for statistics and everything else that one of them can do. To change their lengths tears the frame. */
  readonly columns: FrameColumns<S>;
  readonly #host: FrameHost;
  readonly #names: readonly (keyof S & string)[];
  readonly #list: readonly Column[];

  /** @internal */
  constructor(host: FrameHost, name: string, columns: FrameColumns<S>) {
    this.name = name;
    this.columns = columns;
    this.#host = host;
    this.#names = Object.keys(columns);
    this.#list = Object.values(columns) as unknown as Column[];
  }

  /** @internal What another thread knows of the columns. */
  get described(): Record<string, { name: string; dtype: string; layout: string }> {
    return Object.fromEntries(
      this.#list.map(({ name, dtype, layout }, nth) => [this.#names[nth] as string, { name, dtype, layout }]),
    );
  }

  /** The number of rows. Throws `InvalidArgument` if the columns have different lengths. */
  get length(): number {
    return this.#host.consistently(() => this.#length());
  }

  /** Adds a row. Returns the new number of rows. */
  append(row: FrameInput<S>): number {
    checkRow('append', row, this.#names, 0);
    const list = this.#list;
    const values = new Array<unknown>(list.length);
    // Whatever is refused is refused before anything is added.
    for (let nth = 0; nth < list.length; nth++) {
      values[nth] = (list[nth] as Column).prepare((row as Record<string, unknown>)[this.#names[nth] as string]);
    }
    return this.#grow(() => {
      let length = 0;
      for (let nth = 0; nth < list.length; nth++) length = (list[nth] as Column).appendPrepared(values[nth]);
      return length;
    });
  }

  /** Adds rows: an array of them, the elements of each column, or a table of Arrow. Returns the new number of rows. */
  extend(rows: Iterable<FrameInput<S>> | FrameBlocksInput<S> | ArrowElements): number {
    const blocks = this.#encoded(rows);
    const count = blocks[0]?.count ?? 0;
    const other = blocks.findIndex((block) => block.count !== count);
    if (other >= 0) {
      throw new InvalidArgument(
        `extend: ${this.#names[0]} has ${count} elements and ${this.#names[other]} has ${blocks[other]?.count}; ` +
          'give all columns as many',
      );
    }
    if (count === 0) return this.length;
    return this.#grow(() => {
      let length = 0;
      for (const [nth, column] of this.#list.entries()) length = column.appendPrepared(blocks[nth]);
      return length;
    });
  }

  /** Returns a row, or undefined if there is none at this index. Negative indexes count from the end. */
  at(index: number): FrameRow<S> | undefined {
    checkIndex('at', index);
    return this.#host.consistently(() => {
      const length = this.#length();
      const at = index < 0 ? index + length : index;
      return at < 0 || at >= length ? undefined : this.#row((column) => column.at(at));
    });
  }

  /** Returns the elements of a range of rows, column by column. */
  slice(start?: number, end?: number): FrameBlocks<S> {
    checkBound('slice', start);
    checkBound('slice', end);
    return this.#host.consistently(() => {
      const length = this.#length();
      const from = clip(start, length, 0);
      const to = Math.max(from, clip(end, length, length));
      return this.#row((column) => column.slice(from, to)) as unknown as FrameBlocks<S>;
    });
  }

  /** Returns the elements of rows in the order of their indexes, column by column. */
  take(indexes: Iterable<number>): FrameBlocks<S> {
    const places = copyIndexes('take', indexes);
    return this.#host.consistently(() => {
      resolveIndexes('take', places, this.#length());
      return this.#row((column) => column.take(places)) as unknown as FrameBlocks<S>;
    });
  }

  /**
   * Returns a range of rows as a table of the package apache-arrow, whose columns have one copy of their bytes each. `V` is
   * the type of the table: `toArrow<Table>()`.
   */
  toArrow<V = ArrowTable>(options?: ArrowOptions): V {
    checkOptions('toArrow', options, ARROW_RULES);
    const arrow = arrowModule('toArrow', options?.arrow);
    return this.#host.consistently(() => {
      const [start, end] = boundsOf('toArrow', options ?? {}, this.#length());
      const data = this.#list.map((column) => arrowData(arrow, column, { start, end }));
      return arrowTable(arrow, this.#names, data) as V;
    });
  }

  /** Iterates over the rows of a range, many of which are read at a time. */
  rows(range?: RangeOptions): Generator<FrameRow<S>, undefined> {
    checkOptions('rows', range, RANGE_RULES);
    return this.#rows(range?.start, range?.end);
  }

  [Symbol.iterator](): Generator<FrameRow<S>, undefined> {
    return this.#rows(undefined, undefined);
  }

  *#rows(start: number | undefined, end: number | undefined): Generator<FrameRow<S>, undefined> {
    const names = this.#names;
    for (const { blocks, count } of this.#windows(names, start, end)) {
      for (let nth = 0; nth < count; nth++) {
        const row: Record<string, unknown> = {};
        for (const name of names) row[name] = (blocks[name] as ArrayLike<unknown>)[nth];
        yield row as FrameRow<S>;
      }
    }
  }

  /** Returns the indexes of the rows in a range that meet all conditions. */
  where(conditions: FrameConditions<S>, range?: RangeOptions): Float64Array {
    checkOptions('where', range, RANGE_RULES);
    if (typeof conditions !== 'object' || conditions === null) {
      throw new InvalidArgument(`where expects conditions as an object, got ${describe(conditions)}`);
    }
    const names = Object.keys(conditions).filter((name) => conditions[name] !== undefined);
    const tests = names.map((name) => testOf(name, this.#column(name), conditions[name]));
    const found: number[] = [];
    for (const { first, blocks, count } of this.#windows(names, range?.start, range?.end)) {
      for (let nth = 0; nth < count; nth++) {
        let isFound = true;
        for (let which = 0; isFound && which < names.length; which++) {
          isFound = tests[which]?.((blocks[names[which] as string] as ArrayLike<unknown>)[nth]) === true;
        }
        if (isFound) found.push(first + nth);
      }
    }
    return Float64Array.from(found);
  }

  /** Shortens all columns to their first `length` rows. Returns how many were removed. */
  truncate(length: number): number {
    return this.#host.transaction(() => this.#list.reduce((_, column) => column.truncate(length), 0));
  }

  /** Removes all rows. */
  clear(): void {
    this.#host.transaction(() => {
      for (const column of this.#list) column.clear();
    });
  }

  #column(name: string): Column {
    const column = Object.hasOwn(this.columns, name) ? this.columns[name] : undefined;
    if (column) return column as unknown as Column;
    throw unknownColumn(this.name, name, this.#names);
  }

  /** Adds to all columns, or to none. What is added has been encoded. */
  #grow(add: () => number): number {
    // Between two columns of a row, nothing may be written that another process could see.
    return this.#host.isCached
      ? this.#host.lockCache(add)
      : this.#host.transaction(() => {
          this.#length();
          return add();
        });
  }

  #length(): number {
    const [first, ...others] = this.#list;
    const length = (first as Column).length;
    if (others.every((column) => column.length === length)) return length;
    throw unequal(this.name, this.#names, this.#list);
  }

  #row(read: (column: Column) => unknown): FrameRow<S> {
    const row: Record<string, unknown> = {};
    for (const [nth, column] of this.#list.entries()) row[this.#names[nth] as string] = read(column);
    return row as FrameRow<S>;
  }

  /** Reads some columns of a range, a window at a time. Each window is one consistent read. */
  *#windows(names: readonly string[], start: number | undefined, end: number | undefined) {
    for (let at: number | undefined; ; ) {
      const window = this.#host.consistently(() => {
        const length = this.#length();
        const first: number = at ?? clip(start, length, 0);
        const last = Math.min(clip(end, length, length), first + ROWS_AT_ONCE);
        if (first >= last) return undefined;
        const blocks: Record<string, unknown> = {};
        for (const name of names) blocks[name] = this.#column(name).slice(first, last);
        return { first, count: last - first, blocks };
      });
      if (!window) return;
      yield window;
      at = window.first + window.count;
    }
  }

  /** Encodes all rows, before anything is added. */
  #encoded(given: Iterable<FrameInput<S>> | FrameBlocksInput<S> | ArrowElements): EncodedBlock[] {
    if (typeof given !== 'object' || given === null) {
      throw new InvalidArgument(`extend expects rows, or the elements of each column, got ${describe(given)}`);
    }
    const rows = isArrowTable(given) ? columnsOf(given) : given;
    if (!(Symbol.iterator in rows)) {
      checkRow('extend', rows, this.#names, undefined);
      return this.#list.map((column, nth) =>
        column.prepareAll((rows as Record<string, unknown>)[this.#names[nth] as string] as never),
      );
    }
    const list = [...(rows as Iterable<FrameInput<S>>)];
    for (const [nth, row] of list.entries()) checkRow('extend', row, this.#names, nth);
    return this.#list.map((column, nth) =>
      column.prepareAll(list.map((row) => (row as Record<string, unknown>)[this.#names[nth] as string]) as never),
    );
  }
}

/** Returns the columns of a table of Arrow by their names. */
function columnsOf(table: ArrowTable): object {
  return Object.fromEntries(table.schema.fields.map(({ name }) => [name, table.getChild(name)]));
}
