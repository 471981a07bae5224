import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { DataPacker, type DTypeInfo, type TypedArray } from '@kohakuvault/packer';
import { type ArrowData, ArrowTypeId, type ArrowVector, isArrowTable, isArrowVector } from './arrow-types.ts';
import { bytesOfBits } from './bits.ts';

/** Those whose elements are integers in memory, whatever they mean. */
const NUMBERS: readonly number[] = [
  ArrowTypeId.int,
  ArrowTypeId.float,
  ArrowTypeId.bool,
  ArrowTypeId.date,
  ArrowTypeId.time,
  ArrowTypeId.timestamp,
  ArrowTypeId.duration,
];
const TEXTS: readonly number[] = [ArrowTypeId.utf8, ArrowTypeId.largeUtf8, ArrowTypeId.utf8View];
/** Those that apache-arrow returns as texts, bytes or what a dictionary has. */
const OTHERS: readonly number[] = [
  ...TEXTS,
  ArrowTypeId.binary,
  ArrowTypeId.largeBinary,
  ArrowTypeId.binaryView,
  ArrowTypeId.fixedBinary,
  ArrowTypeId.dictionary,
];
const LISTS: readonly number[] = [ArrowTypeId.list, ArrowTypeId.largeList];

/** Returns the elements of a vector of Arrow, or of a table's only column, as the packer takes them; all else unchanged. */
export function withoutArrow(values: unknown, info: DTypeInfo): unknown {
  if (isArrowVector(values)) return elementsOf(values, info);
  if (!isArrowTable(values)) return values;
  const { fields } = values.schema;
  const [only] = fields;
  const vector = only && fields.length === 1 ? values.getChild(only.name) : undefined;
  if (vector) return elementsOf(vector, info);
  const names = fields.map(({ name }) => name).slice(0, 20);
  throw new InvalidArgument(
    `the Arrow table has the columns ${names.join(', ') || 'of nothing'}; expected one column; give ` +
      'table.getChild(name), or extend a frame',
  );
}

function elementsOf(vector: ArrowVector, { kind }: DTypeInfo): unknown {
  const { type, data, length } = vector;
  if (kind === 'msgpack' || kind === 'cbor') return documentsOf(vector);
  refuseNulls(vector);
  if (NUMBERS.includes(type.typeId)) return joined(data.map((piece) => numbersOf(piece, piece.length)));
  if (type.typeId === ArrowTypeId.fixedList) {
    const shape = shapeOf(data[0] as ArrowData);
    const pieces = data.map((piece) => leafNumbers(piece, piece.length));
    if (pieces.every((piece) => piece !== undefined)) return { data: joined(pieces), shape: [length, ...shape] };
  }
  if (type.typeId === ArrowTypeId.fixedList || LISTS.includes(type.typeId)) return Array.from(vector, nested);
  if (OTHERS.includes(type.typeId)) return Array.from(vector);
  throw new InvalidArgument(
    `the Arrow vector has the type ${type}; expected numbers, truth values, times, text, bytes, or lists of numbers`,
  );
}

function refuseNulls(vector: ArrowVector): void {
  if (vector.nullCount === 0) return;
  let at = 0;
  while (at < vector.length && vector.get(at) !== null) at++;
  throw new InvalidArgument(
    `the Arrow vector has ${vector.nullCount} nulls, the first at position ${at}; columns cannot store them: fill or ` +
      'filter them first',
  );
}

/** Returns the first numbers of a piece. 16-bit floats come as their bits. */
function numbersOf({ type, values, offset, stride }: ArrowData, count: number): TypedArray {
  if (type.typeId === ArrowTypeId.bool) return bytesOfBits(values as Uint8Array, offset, count);
  const numbers = (values as TypedArray).subarray(0, count * stride) as TypedArray;
  if (type.typeId !== ArrowTypeId.float || !(numbers instanceof Uint16Array)) return numbers;
  return new DataPacker('f16').unpackMany(numbers, { count });
}

/** Returns the numbers in lists of one size, or in such lists of them; undefined if something else is in them. */
function leafNumbers(piece: ArrowData, count: number): TypedArray | undefined {
  if (NUMBERS.includes(piece.type.typeId)) return numbersOf(piece, count);
  const [inner] = piece.children;
  if (piece.type.typeId !== ArrowTypeId.fixedList || !inner) return undefined;
  if (inner.nullCount === 0) return leafNumbers(inner, count * piece.stride);
  throw new InvalidArgument('a list in the Arrow vector has nulls, which vectors cannot have: fill them first');
}

function shapeOf({ type, children, stride }: ArrowData): number[] {
  const [inner] = children;
  return type.typeId === ArrowTypeId.fixedList && inner ? [stride, ...shapeOf(inner)] : [];
}

function joined(pieces: readonly TypedArray[]): TypedArray {
  // A vector always has a piece, though it may be empty.
  const first = pieces[0] as TypedArray;
  if (pieces.length === 1) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = new (first.constructor as new (length: number) => TypedArray)(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece as never, at);
    at += piece.length;
  }
  return all;
}

/** Returns a list in a vector as an array. */
function nested(value: unknown): unknown {
  if (!isArrowVector(value)) return value;
  refuseNulls(value);
  return NUMBERS.includes(value.type.typeId) ? value.toArray() : Array.from(value, nested);
}

/** Returns the documents of a vector: those of JSON text, or rows of a struct. */
function documentsOf(vector: ArrowVector): unknown[] {
  const isText = TEXTS.includes(vector.type.typeId);
  return Array.from(vector, (value, position) => {
    if (!isText || value === null) return plain(value);
    try {
      return JSON.parse(value as string);
    } catch (cause) {
      throw new InvalidArgument(
        `position ${position}: ${describe(value)} is not JSON, which documents must be in Arrow`,
        { cause },
      );
    }
  });
}

/** Returns a value of Arrow as plain objects and arrays. */
function plain(value: unknown): unknown {
  if (isArrowVector(value)) return Array.from(value, plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { toJSON?: () => unknown };
  const inner = toJSON?.call(value);
  if (typeof inner !== 'object' || inner === null) return value;
  return Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, plain(each)]));
}
