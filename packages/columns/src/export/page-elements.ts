import { type DTypeInfo, parseDType, type TypedArray } from '@kohakuvault/packer';
import type { ColumnView } from '../elements/column-view.ts';
import type { Page } from './pages.ts';

/** Returns the elements of a page one by one. */
export function elementsOf(column: ColumnView, { start, end }: Page): ArrayLike<unknown> & Iterable<unknown> {
  return column.slice(start, end);
}

/** Returns the numbers of a page as one block. Undefined if the dtype does not have numbers of one shape. */
export function numbersOf(column: ColumnView, info: DTypeInfo, { start, end }: Page): TypedArray | undefined {
  if (info.kind === 'scalar') return column.slice(start, end) as TypedArray;
  if (info.kind !== 'vec' || !info.shape) return undefined;
  return column.sliceTensor(start, end).data;
}

export function infoOf(column: ColumnView): DTypeInfo {
  return parseDType(column.dtype);
}

export function viewBytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
