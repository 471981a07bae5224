import type { ColumnView } from '@kohakuvault/columns';
import { type DTypeInfo, parseDType, type TypedArray } from '@kohakuvault/packer';

/** Bytes of elements that are read at a time. */
const PAGE_BYTES = 1024 * 1024;
const MOST_ELEMENTS = 65_536;

export interface Page {
  readonly start: number;
  readonly end: number;
}

/** The parts that a column is read in. */
export function* pagesOf(column: ColumnView): Generator<Page> {
  const { length } = column;
  const size = Math.max(1, column.bytes / Math.max(1, length));
  const step = Math.min(MOST_ELEMENTS, Math.max(1, Math.floor(PAGE_BYTES / size)));
  for (let start = 0; start < length; start += step) yield { start, end: Math.min(length, start + step) };
}

/** The elements of a page one by one. */
export function elementsOf(column: ColumnView, { start, end }: Page): ArrayLike<unknown> & Iterable<unknown> {
  return column.slice(start, end);
}

/** The numbers of a page as one block, where the dtype has numbers of one shape: undefined where it has not. */
export function numbersOf(column: ColumnView, info: DTypeInfo, { start, end }: Page): TypedArray | undefined {
  if (info.kind === 'scalar') return column.slice(start, end) as TypedArray;
  if (info.kind !== 'vec' || !info.shape) return undefined;
  return column.sliceTensor(start, end).data;
}

export function infoOf(column: ColumnView): DTypeInfo {
  return parseDType(column.dtype);
}

export function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
