import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DTypeInfo } from '@kohakuvault/packer';
import { bitsOf } from '../arrow/bits.ts';
import type { ColumnView } from '../elements/column-view.ts';
import { type ArrowType, listType } from './arrow/arrow-type.ts';
import { type ArrowColumn, ArrowWriter } from './arrow/arrow-writer.ts';
import { packedElements } from './packed-elements.ts';
import { infoOf, numberBytes } from './page-elements.ts';
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
  if (info.kind === 'bytes' && !info.isVarsize) return { data: column.buffers(page.start, page.end).data };
  const { data, offsets } = packedElements(column, info, page);
  return { data, offsets: Int32Array.from(offsets) };
}
