import type { AnyColumn, Page } from '@kohakuvault/columns/inspect';
import { type DTypeInfo, parseDType } from '@kohakuvault/packer';

/** Returns the elements of a page one by one. */
export function elementsOf(column: AnyColumn, { start, end }: Page): ArrayLike<unknown> & Iterable<unknown> {
  return column.slice(start, end) as unknown as ArrayLike<unknown> & Iterable<unknown>;
}

/** Returns the numbers of a page as one block. Undefined if the dtype does not have numbers of one shape. */
export function numbersOf(column: AnyColumn, info: DTypeInfo, { start, end }: Page): ArrayBufferView | undefined {
  if (info.kind === 'scalar') return column.slice(start, end) as unknown as ArrayBufferView;
  if (info.kind !== 'vec' || !info.shape) return undefined;
  return (column.sliceTensor(start, end) as unknown as { data: ArrayBufferView }).data;
}

export function infoOf(column: AnyColumn): DTypeInfo {
  return parseDType(column.dtype);
}

export function viewBytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
