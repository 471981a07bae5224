// Searches by functions of the caller in what is stored elsewhere: it is read piece by piece, and they run here.
import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType } from '@kohakuvault/packer';
import { batchBounds } from './bulk/batches.ts';
import { testOf } from './frame-conditions.ts';
import { unknownColumn } from './frame-rules.ts';
import { RANGE_RULES, type RangeOptions } from './statistics/number-source.ts';

/** Returns the index of the first element of a range for which a function returns true; or -1. */
export async function findInBatches<T>(
  column: { length(): Promise<number>; batches(range?: RangeOptions): AsyncIterable<unknown> },
  accepts: (value: T, index: number) => boolean,
  range: RangeOptions | undefined,
): Promise<number> {
  checkOptions('findIndex', range, RANGE_RULES);
  let index = batchBounds(range ?? {}, await column.length()).start;
  for await (const batch of column.batches(range)) {
    for (const element of batch as Iterable<T>) {
      if (accepts(element, index)) return index;
      index++;
    }
  }
  return -1;
}

/** Some rows of a frame, column by column, and the index of the first of them. */
export interface FrameWindow {
  readonly first: number;
  readonly count: number;
  readonly blocks: Readonly<Record<string, unknown>>;
}

/** Returns the indexes of the rows that meet all conditions. `windows` reads some columns. */
export async function rowsThatMeet(
  frame: { readonly name: string; readonly columns: Readonly<Record<string, { readonly dtype: DType }>> },
  conditions: unknown,
  windows: (names: readonly string[]) => AsyncIterable<FrameWindow>,
): Promise<Float64Array> {
  if (typeof conditions !== 'object' || conditions === null) {
    throw new InvalidArgument(`where expects conditions as an object, got ${describe(conditions)}`);
  }
  const given = conditions as Readonly<Record<string, unknown>>;
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  const tests = names.map((name) => {
    const column = Object.hasOwn(frame.columns, name) ? frame.columns[name] : undefined;
    if (!column) throw unknownColumn(frame.name, name, Object.keys(frame.columns));
    return testOf(name, column, given[name]);
  });
  const found: number[] = [];
  for await (const { first, count, blocks } of windows(names)) {
    const columns = names.map((name) => blocks[name] as ArrayLike<unknown>);
    for (let nth = 0; nth < count; nth++) {
      if (tests.every((test, which) => test(columns[which]?.[nth]) === true)) found.push(first + nth);
    }
  }
  return Float64Array.from(found);
}
