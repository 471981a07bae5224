import type { ColumnView } from '@kohakuvault/columns';

/** Bytes of elements in a page. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ELEMENTS = 65_536;

/** A range of elements. */
export interface Page {
  readonly start: number;
  readonly end: number;
}

/** Divides a column into ranges of about a MiB, so that it can be read in constant memory. */
export function* pagesOf(column: ColumnView): Generator<Page> {
  const { length } = column;
  const elementBytes = Math.max(1, column.bytes / Math.max(1, length));
  const step = Math.min(PAGE_ELEMENTS, Math.max(1, Math.floor(PAGE_BYTES / elementBytes)));
  for (let start = 0; start < length; start += step) yield { start, end: Math.min(length, start + step) };
}
