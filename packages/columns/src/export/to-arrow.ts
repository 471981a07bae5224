import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DTypeInfo, type ElementType, parseDType } from '@kohakuvault/packer';
import { bitsOf } from '../arrow/bits.ts';
import { type ArrowModule, type PlainType, plainType } from '../arrow/load-arrow.ts';
import type { ColumnView } from '../elements/column-view.ts';
import { packedElements } from './packed-elements.ts';
import { numberBytes } from './page-elements.ts';
import type { Page } from './pages.ts';

const TYPES: Readonly<Record<ElementType, PlainType>> = {
  f16: 'Float16',
  f32: 'Float32',
  f64: 'Float64',
  i8: 'Int8',
  i16: 'Int16',
  i32: 'Int32',
  i64: 'Int64',
  u8: 'Uint8',
  u16: 'Uint16',
  u32: 'Uint32',
  u64: 'Uint64',
  bool: 'Bool',
};

/** The arrays that Arrow takes for numbers of so many bytes. They are views of the bytes, whatever the numbers are. */
const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** The longest data with 32-bit offsets. */
const LARGE = 2 ** 31 - 1;

/** Returns the elements of a range as `Data` of Arrow, over the one copy of their bytes that was read. */
export function arrowData(arrow: ArrowModule, column: ColumnView, page: Page): unknown {
  const info = parseDType(column.dtype);
  const numbers = numberBytes(column, info, page);
  if (numbers) return numberData(arrow, info, numbers);
  const { kind, elemSize, isVarsize, dtype } = info;
  const length = page.end - page.start;
  if (kind === 'vec') {
    throw new InvalidArgument(
      `toArrow: column ${JSON.stringify(column.name)} has the dtype ${dtype}, whose elements differ in shape; use slice`,
    );
  }
  if (kind === 'bytes' && !isVarsize) {
    const { data } = column.buffers(page.start, page.end);
    return arrow.makeData({ type: new arrow.FixedSizeBinary(elemSize), length, nullCount: 0, data });
  }
  const { data, offsets } = packedElements(column, info, page);
  const isLarge = data.length > LARGE;
  const name = kind === 'bytes' ? 'Binary' : 'Utf8';
  const type = plainType(arrow, isLarge ? `Large${name}` : name);
  const valueOffsets = isLarge ? BigInt64Array.from(offsets, BigInt) : Int32Array.from(offsets);
  return arrow.makeData({ type, length, nullCount: 0, data, valueOffsets });
}

function numberData(arrow: ArrowModule, { element, shape = [] }: DTypeInfo, bytes: Buffer): unknown {
  const { type: name, size } = element as NonNullable<DTypeInfo['element']>;
  let length = bytes.length / size;
  let type = plainType(arrow, TYPES[name]);
  let data = arrow.makeData({ type, length, nullCount: 0, data: name === 'bool' ? bitsOf(bytes) : words(bytes, size) });
  for (const rows of [...shape].reverse()) {
    length /= rows;
    type = new arrow.FixedSizeList(rows, new arrow.Field('item', type, false));
    data = arrow.makeData({ type, length, nullCount: 0, child: data });
  }
  return data;
}

function words(bytes: Buffer, size: number): ArrayBufferView {
  const Words = WORDS[size as keyof typeof WORDS];
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Words(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / size);
}

/** Returns columns side by side as a table of Arrow. */
export function arrowTable(arrow: ArrowModule, names: readonly string[], data: readonly unknown[]): unknown {
  const schema = new arrow.Schema(names.map((name, nth) => new arrow.Field(name, typeOf(data[nth]), false)));
  const { length } = data[0] as { length: number };
  const rows = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children: data });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, rows));
}

function typeOf(data: unknown): unknown {
  return (data as { type: unknown }).type;
}
