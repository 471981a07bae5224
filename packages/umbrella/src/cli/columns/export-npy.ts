import type { ColumnView } from '@kohakuvault/columns';
import { infoOf, numberBytes, pagesOf } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Sink } from '../formats/destination.ts';
import { npyHeader } from '../formats/npy.ts';

/** Writes a column of numbers as an array: of one dimension, or of one more than its vectors have. */
export async function exportNpy(column: ColumnView, sink: Sink, progress: (done: number) => void): Promise<void> {
  const info = infoOf(column);
  if (!info.element || info.isVarsize) {
    throw new InvalidArgument(
      `the column ${column.name} has the dtype ${column.dtype}, but .npy holds numbers of one shape; export to ` +
        '.csv or .arrow',
    );
  }
  await sink.write(npyHeader(info.element.type, [column.length, ...(info.shape ?? [])]));
  for (const page of pagesOf(column)) {
    await sink.write(numberBytes(column, info, page) as Buffer);
    progress(page.end);
  }
}
