import type { DTypeInfo, Tensor } from '@kohakuvault/packer';
import type { ColumnView } from '../elements/column-view.ts';
import { csvCell, csvNumber, jsonText } from './csv-cells.ts';
import { nestedArrays } from './nested-arrays.ts';
import { elementsOf, infoOf, numbersOf } from './page-elements.ts';
import type { Page } from './pages.ts';

/**
 * Columns as CSV with a heading, one element of each per line. A vector of fixed shape becomes several cells, bytes
 * become base64, documents and other vectors become JSON.
 */
export class CsvPages {
  readonly #columns: readonly { column: ColumnView; info: DTypeInfo }[];

  constructor(columns: readonly ColumnView[]) {
    this.#columns = columns.map((column) => ({ column, info: infoOf(column) }));
  }

  begin(): Buffer {
    const headings = this.#columns.flatMap(({ column: { name }, info }) => {
      const width = widthOf(info);
      return width === undefined ? [name] : Array.from({ length: width }, (_, cell) => `${name}[${cell}]`);
    });
    return Buffer.from(`${headings.map(csvCell).join(',')}\r\n`);
  }

  page(page: Page): Buffer {
    const [first = [], ...others] = this.#columns.map(({ column, info }) => cellsOf(column, info, page));
    const lines =
      others.length === 0 ? first : first.map((cell, row) => [cell, ...others.map((c) => c[row])].join(','));
    return Buffer.from(`${lines.join('\r\n')}\r\n`);
  }

  end(): Buffer {
    return Buffer.alloc(0);
  }
}

/** Returns the number of cells of a vector of fixed shape; undefined for everything else. */
function widthOf({ shape }: DTypeInfo): number | undefined {
  return shape?.reduce((product, size) => product * size, 1);
}

/** Returns the text of a page's elements, that of a vector with commas between its cells. */
function cellsOf(column: ColumnView, info: DTypeInfo, page: Page): string[] {
  const numbers = numbersOf(column, info, page);
  if (!numbers) return Array.from(elementsOf(column, page), (element) => csvCell(cellOf(element, info)));
  const single = info.element?.type === 'f32';
  const isBool = info.element?.type === 'bool';
  const text = (number: number | bigint) => (isBool ? String(number !== 0) : csvNumber(number, single));
  const width = widthOf(info);
  if (width === undefined) return Array.from(numbers as Iterable<number | bigint>, text);
  const cells: string[] = [];
  for (let at = 0; at < numbers.length; at += width) {
    const row = Array.from(numbers.subarray(at, at + width) as ArrayLike<number | bigint>);
    cells.push(row.map(text).join(','));
  }
  return cells;
}

function cellOf(element: unknown, { kind }: DTypeInfo): string {
  switch (kind) {
    case 'str':
      return element as string;
    case 'bytes':
      return (element as Buffer).toString('base64');
    case 'vec': {
      const { data, shape, dtype } = element as Tensor;
      const numbers = Array.from(data as ArrayLike<number | bigint>);
      return jsonText(nestedArrays(dtype === 'bool' ? numbers.map((number) => number !== 0) : numbers, shape));
    }
    default:
      return jsonText(element);
  }
}
