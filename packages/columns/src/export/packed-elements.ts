import { DataPacker, type DTypeInfo } from '@kohakuvault/packer';
import type { ColumnView } from '../elements/column-view.ts';
import { jsonText } from './csv-cells.ts';
import { elementsOf } from './page-elements.ts';
import type { Page } from './pages.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** Elements that vary in size: their bytes, and one bound more than there are elements. */
export interface PackedElements {
  readonly data: Buffer;
  readonly offsets: Float64Array;
}

/** Returns bytes as they are, texts as UTF-8, and documents as JSON text. */
export function packedElements(column: ColumnView, info: DTypeInfo, page: Page): PackedElements {
  const { kind, encoding, isVarsize } = info;
  if (isVarsize && (kind === 'bytes' || encoding === 'utf8')) {
    const { data, offsets } = column.buffers(page.start, page.end);
    const packed = { data, offsets: offsets as Float64Array };
    if (kind === 'bytes' || areTexts(packed)) return packed;
    // Damaged texts are refused when they are decoded.
  }
  const elements = elementsOf(column, page);
  const texts = kind === 'str' ? (elements as ArrayLike<string>) : Array.from(elements, jsonText);
  return new DataPacker('str:utf8').packManyWithOffsets(texts as string[]);
}

/** Whether each element is whole UTF-8. */
function areTexts({ data, offsets }: PackedElements): boolean {
  return isUtf8(data) && offsets.every((at) => at === data.length || ((data[at] as number) & 0xc0) !== 0x80);
}
