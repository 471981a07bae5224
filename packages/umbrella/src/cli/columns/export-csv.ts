import type { ColumnView } from '@kohakuvault/columns';
import { pagesOf } from '@kohakuvault/columns/inspect';
import type { DTypeInfo, Tensor } from '@kohakuvault/packer';
import { csvCell, csvNumber, jsonText } from '../formats/csv-cells.ts';
import type { Sink } from '../formats/destination.ts';
import { nestedArrays } from '../formats/nested-arrays.ts';
import { elementsOf, infoOf, numbersOf } from './page-elements.ts';

/**
 * Writes a column as CSV with a heading, one element per line. A vector of fixed shape becomes several cells, bytes
 * become base64, documents and other vectors become JSON.
 */
export async function exportCsv(column: ColumnView, sink: Sink, progress: (done: number) => void): Promise<void> {
  const info = infoOf(column);
  const single = info.element?.type === 'f32';
  const width = info.shape?.reduce((product, size) => product * size, 1);
  const headings =
    width === undefined ? [column.name] : Array.from({ length: width }, (_, cell) => `${column.name}[${cell}]`);
  await sink.write(`${headings.map(csvCell).join(',')}\r\n`);
  for (const page of pagesOf(column)) {
    const lines: string[] = [];
    const numbers = numbersOf(column, info, page);
    if (numbers) {
      const cells = width ?? 1;
      for (let at = 0; at < numbers.length; at += cells) {
        const row = Array.from(numbers.subarray(at, at + cells) as ArrayLike<number | bigint>);
        lines.push(row.map((number) => csvNumber(number, single)).join(','));
      }
    } else {
      for (const element of elementsOf(column, page)) lines.push(csvCell(cellOf(element, info)));
    }
    await sink.write(`${lines.join('\r\n')}\r\n`);
    progress(page.end);
  }
}

function cellOf(element: unknown, { kind }: DTypeInfo): string {
  switch (kind) {
    case 'str':
      return element as string;
    case 'bytes':
      return (element as Buffer).toString('base64');
    case 'vec': {
      const { data, shape } = element as Tensor;
      return jsonText(nestedArrays(Array.from(data as ArrayLike<number | bigint>), shape));
    }
    default:
      return jsonText(element);
  }
}
