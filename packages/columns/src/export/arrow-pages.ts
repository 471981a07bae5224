import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DTypeInfo } from '@kohakuvault/packer';
import { bitsOf } from '../arrow/bits.ts';
import type { ColumnView } from '../elements/column-view.ts';
import { type ArrowType, listType } from './arrow/arrow-type.ts';
import { type ArrowColumn, ArrowWriter } from './arrow/arrow-writer.ts';
import { jsonText } from './csv-cells.ts';
import { elementsOf, infoOf, numberBytes } from './page-elements.ts';
import type { Page } from './pages.ts';

/** Columns as an Arrow IPC file: vectors as lists of fixed size, documents as JSON text. */
export class ArrowPages {
  readonly #columns: readonly { column: ColumnView; info: DTypeInfo }[];
  readonly #writer: ArrowWriter;

  constructor(columns: readonly ColumnView[]) {
    this.#columns = columns.map((column) => ({ column, info: infoOf(column) }));
    this.#writer = new ArrowWriter(
      this.#columns.map(({ column, info }) => ({ name: column.name, type: arrowType(column, info) })),
    );
  }

  begin(): Buffer {
    return this.#writer.begin();
  }

  page(page: Page): Buffer {
    return this.#writer.batch(
      page.end - page.start,
      this.#columns.map(({ column, info }) => blockOf(column, info, page)),
    );
  }

  end(): Buffer {
    return this.#writer.end();
  }
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
  const numbers = numberBytes(column, info, page);
  if (numbers) return { data: info.element?.type === 'bool' ? bitsOf(numbers) : numbers };
  const parts = Array.from(elementsOf(column, page), (element) => encoded(element, info));
  const data = Buffer.concat(parts);
  if (info.kind === 'bytes' && !info.isVarsize) return { data };
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { data, offsets };
}

function encoded(element: unknown, { kind }: DTypeInfo): Buffer {
  if (kind === 'bytes') return element as Buffer;
  return Buffer.from(kind === 'str' ? (element as string) : jsonText(element));
}
