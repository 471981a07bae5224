import type { EncodedBlock } from '@kohakuvault/columns/internal';
import { NeutralValues, type RecordEncoding } from './neutral-values.ts';
import type { ColumnShelf } from './side.ts';

/** What is used of a column of records, in a file or on a server. */
interface Records {
  readonly length: number | (() => Promise<number>);
  slice(start: number, end: number): unknown;
  extend(values: unknown[]): unknown;
  truncate(length: number): unknown;
}

/** Returns a column of records, with elements that are encoded without the structures of its side. */
export function recordColumn(column: Records, encoding: RecordEncoding): ColumnShelf {
  const neutral = new NeutralValues(encoding);
  return {
    elemSize: 0,
    length: async () => (typeof column.length === 'number' ? column.length : await column.length()),
    read: async (start, end) => {
      const elements = (await column.slice(start, end)) as unknown[];
      const parts = elements.map((element) => neutral.bytesOf(element));
      const offsets = new Float64Array(parts.length + 1);
      for (const [nth, { length }] of parts.entries()) offsets[nth + 1] = (offsets[nth] as number) + length;
      return { data: Buffer.concat(parts), offsets };
    },
    truncate: async (length) => column.truncate(length),
    append: async ({ count, data, offsets }: EncodedBlock) => {
      const bounds = offsets as Float64Array;
      const elementAt = (nth: number) => neutral.valueOf(data.subarray(bounds[nth], bounds[nth + 1]));
      await column.extend(Array.from({ length: count }, (_, nth) => elementAt(nth)));
    },
  };
}
