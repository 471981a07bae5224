import type { ColumnView } from '@kohakuvault/columns';
import { type Page, pagesOf } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DTypeInfo } from '@kohakuvault/packer';
import { type ArrowType, listType } from '../formats/arrow/arrow-type.ts';
import { type ArrowColumn, ArrowWriter } from '../formats/arrow/arrow-writer.ts';
import { jsonText } from '../formats/csv-cells.ts';
import type { Sink } from '../formats/destination.ts';
import { elementsOf, infoOf, numbersOf, viewBytes } from './page-elements.ts';

/** Writes a column as an Arrow IPC file: vectors as lists of fixed size, documents as JSON text. */
export async function exportArrow(column: ColumnView, sink: Sink, progress: (done: number) => void): Promise<void> {
  const info = infoOf(column);
  const writer = new ArrowWriter(sink, { name: column.name, type: arrowType(column, info) });
  await writer.begin();
  for (const page of pagesOf(column)) {
    await writer.batch(blockOf(column, info, page));
    progress(page.end);
  }
  await writer.end();
}

function arrowType(column: ColumnView, { kind, element, shape, isVarsize, elemSize }: DTypeInfo): ArrowType {
  if (element && !isVarsize) return listType(element.type, shape ?? []);
  if (kind === 'bytes') return isVarsize ? { kind: 'bytes' } : { kind: 'fixed bytes', size: elemSize };
  if (kind !== 'vec') return { kind: 'text' };
  throw new InvalidArgument(
    `the column ${column.name} has the dtype ${column.dtype}, whose elements differ in shape; export to .csv`,
  );
}

function blockOf(column: ColumnView, info: DTypeInfo, page: Page): ArrowColumn {
  const length = page.end - page.start;
  const numbers = numbersOf(column, info, page);
  if (numbers) return { length, data: viewBytes(numbers) };
  const parts = Array.from(elementsOf(column, page), (element) => encoded(element, info));
  const data = Buffer.concat(parts);
  if (info.kind === 'bytes' && !info.isVarsize) return { length, data };
  const offsets = new Int32Array(length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { length, data, offsets };
}

function encoded(element: unknown, { kind }: DTypeInfo): Buffer {
  if (kind === 'bytes') return element as Buffer;
  return Buffer.from(kind === 'str' ? (element as string) : jsonText(element));
}
