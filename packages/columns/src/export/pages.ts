import type { ColumnView } from '../elements/column-view.ts';

/** Bytes of elements in a page. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ELEMENTS = 65_536;

/** A range of elements. */
export interface Page {
  readonly start: number;
  readonly end: number;
}

/**
 * Divides columns of one length into ranges of about a MiB and at most so many elements, so that they can be read in
 * constant memory.
 */
export function pagesOf(first: ColumnView, others: readonly ColumnView[] = [], most = PAGE_ELEMENTS): Generator<Page> {
  const { length } = first;
  const columns = [first, ...others];
  const bytes = columns.reduce((sum, column) => sum + column.bytes, 0);
  const rowBytes = Math.max(1, bytes / Math.max(1, length));
  const step = Math.min(most, Math.max(1, Math.floor(PAGE_BYTES / rowBytes)));
  return ranges(length, step);
}

function* ranges(length: number, step: number): Generator<Page> {
  for (let start = 0; start < length; start += step) yield { start, end: Math.min(length, start + step) };
}
