import { type DTypeInfo, parseDType, type TypedArray } from '@kohakuvault/packer';
import { bared } from '../elements/bare-vectors.ts';
import type { ColumnView } from '../elements/column-view.ts';
import type { Page } from './pages.ts';

/** Returns the elements of a page one by one. */
export function elementsOf(column: ColumnView, { start, end }: Page): ArrayLike<unknown> & Iterable<unknown> {
  return column.slice(start, end);
}

/**
 * Returns the numbers of a page as one block, truth values as 0 and 1. Undefined if the dtype does not have numbers of one
 * shape.
 */
export function numbersOf(column: ColumnView, info: DTypeInfo, { start, end }: Page): TypedArray | undefined {
  if (info.kind === 'scalar') {
    return info.element?.type === 'bool' ? column.buffers(start, end).data : (column.slice(start, end) as TypedArray);
  }
  if (info.kind !== 'vec' || !info.shape) return undefined;
  return column.sliceTensor(start, end).data;
}

/** Returns the bytes of the same numbers, little-endian. */
export function numberBytes(column: ColumnView, info: DTypeInfo, { start, end }: Page): Buffer | undefined {
  if (!info.element || info.isVarsize) return undefined;
  const { data } = column.buffers(start, end);
  // In the tables of Python 1.x, vectors have no type byte.
  const isFramed = info.shape !== undefined && data.length === (end - start) * info.elemSize;
  return isFramed ? bared(info, data) : data;
}

export function infoOf(column: ColumnView): DTypeInfo {
  return parseDType(column.dtype);
}
