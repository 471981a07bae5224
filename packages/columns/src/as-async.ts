import type { DType, Int64 } from '@kohakuvault/packer';
import type { AsyncColumn, AsyncColumns, AsyncFrame } from './async-columns.ts';
import type { Column } from './column.ts';
import type { ColumnVault } from './column-vault.ts';
import { asyncFollowing } from './following/async-following.ts';
import type { FollowOptions } from './following/follow-options.ts';
import type { Frame } from './frame.ts';
import type { FrameSchema } from './frame-types.ts';

/** The methods of a column that return their result at once. Those of an `AsyncColumn` return it as a promise. */
const COLUMN_METHODS = [
  'at',
  'set',
  'append',
  'push',
  'extend',
  'slice',
  'setSlice',
  'take',
  'buffers',
  'sliceTensor',
  'readInto',
  'toArrow',
  'indexOf',
  'includes',
  'insert',
  'remove',
  'removeRange',
  'truncate',
  'pop',
  'clear',
  'compact',
  'min',
  'max',
  'sum',
  'mean',
  'variance',
  'summary',
  'quantile',
  'histogram',
  'lowerBound',
  'upperBound',
  'findIndex',
  'downsample',
] as const satisfies readonly (keyof Column & keyof AsyncColumn)[];
const FRAME_METHODS = [
  'append',
  'extend',
  'at',
  'slice',
  'take',
  'toArrow',
  'where',
  'truncate',
  'clear',
] as const satisfies readonly (keyof Frame & keyof AsyncFrame)[];
const VAULT_METHODS = [
  'has',
  'listColumns',
  'deleteColumn',
  'renameColumn',
  'deleteFrame',
] as const satisfies readonly (keyof ColumnVault & keyof AsyncColumns)[];

/**
 * Returns a vault of this thread with the interface of columns on a server, for code that runs on both. Its calls do their
 * work at once, and block the thread as those of the vault do; what they throw rejects the promise.
 */
export function asAsync(vault: ColumnVault): AsyncColumns {
  const open =
    (method: 'createColumn' | 'ensure' | 'column') =>
    async (...given: unknown[]) =>
      columnOf((vault[method] as (...given: unknown[]) => Column)(...given));
  const close = async () => vault.close();
  return {
    ...promising(vault, VAULT_METHODS),
    createColumn: open('createColumn'),
    ensure: open('ensure'),
    column: open('column'),
    frame: async (name: string, schema?: FrameSchema) => frameOf(vault.frame(name, schema as FrameSchema)),
    get open() {
      return vault.open;
    },
    close,
    [Symbol.asyncDispose]: close,
  } as unknown as AsyncColumns;
}

function columnOf<D extends DType, I extends Int64, T>(column: Column<D, I, T>): AsyncColumn<D, I, T> {
  const made = {
    ...promising(column, COLUMN_METHODS),
    name: column.name,
    dtype: column.dtype,
    length: async () => column.length,
    bytes: async () => column.bytes,
    reverse: async () => {
      column.reverse();
      return made;
    },
    follow: (options?: FollowOptions) => asyncFollowing(() => column.follow(options)),
    batches: (...given: Parameters<typeof column.batches>) => iterated(() => column.batches(...given)),
    [Symbol.asyncIterator]: () => iterated(() => column),
  } as unknown as AsyncColumn<D, I, T>;
  return made;
}

function frameOf<S extends FrameSchema>(frame: Frame<S>): AsyncFrame<S> {
  const columns = Object.entries(frame.columns).map(([name, column]) => [name, columnOf(column as unknown as Column)]);
  return {
    ...promising(frame, FRAME_METHODS),
    name: frame.name,
    columns: Object.fromEntries(columns),
    length: async () => frame.length,
    rows: (...given: Parameters<typeof frame.rows>) => iterated(() => frame.rows(...given)),
    [Symbol.asyncIterator]: () => iterated(() => frame),
  } as unknown as AsyncFrame<S>;
}

/** Returns methods that do the same, and return promises. */
function promising<O extends object>(of: O, methods: readonly (keyof O & string)[]): Record<string, unknown> {
  const call =
    (method: keyof O & string) =>
    async (...given: unknown[]) =>
      (of[method] as (...given: unknown[]) => unknown)(...given);
  return Object.fromEntries(methods.map((method) => [method, call(method)]));
}

async function* iterated<E>(items: () => Iterable<E>): AsyncGenerator<E, void, undefined> {
  for (const item of items()) yield item;
}
