import type { ArrowType } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Elements, type ElementType, parseDType } from '@kohakuvault/packer';
import { type ArrowPart, ArrowReader } from '../formats/arrow/arrow-reader.ts';
import { typedArray } from '../formats/typed-arrays.ts';
import { utf8Text } from '../formats/utf8.ts';
import type { ColumnTarget } from './column-target.ts';
import { addElements, checkElementShape } from './element-shape.ts';

/** Reads the column of the same name from an Arrow IPC file, or its only column. Returns the number of elements. */
export async function importArrow(source: string, target: ColumnTarget): Promise<number> {
  if (source === '-') throw new InvalidArgument('an Arrow file cannot be piped; give its path');
  using file = new ArrowReader(source, target.name);
  const column = target.open(target.dtype ?? dtypeOf(file.type));
  const isDocument = ['msgpack', 'cbor'].includes(parseDType(column.dtype).kind);
  if (file.type.kind === 'number' || file.type.kind === 'list') {
    checkElementShape(column, listOf(file.type).shape, source);
  }
  let count = 0;
  for (const part of file.parts()) {
    const where = (index: number) => `element ${count + index} of ${source}`;
    addElements(column, elementsOf(file.type, part, { isDocument, where }), part.length);
    count += part.length;
    target.progress(count);
  }
  return count;
}

function dtypeOf(type: ArrowType): string {
  switch (type.kind) {
    case 'number':
      return type.element;
    case 'text':
      return 'str';
    case 'bytes':
      return 'bytes';
    case 'fixed bytes':
      return `bytes:${type.size}`;
    case 'list': {
      const { element, shape } = listOf(type);
      return `vec:${element}:${shape.join(':')}`;
    }
  }
}

interface PartReading {
  readonly isDocument: boolean;
  /** Returns a name for an element of the part. */
  where(index: number): string;
}

/** Returns the elements of a part as a column takes them. Arrow holds documents as JSON text. */
function elementsOf(
  type: ArrowType,
  { length, data, offsets }: ArrowPart,
  { isDocument, where }: PartReading,
): Elements {
  if (type.kind === 'number') return typedArray(type.element, data);
  if (type.kind === 'list') {
    const { element, shape } = listOf(type);
    return { data: typedArray(element, data), shape: [length, ...shape], dtype: element };
  }
  const size = type.kind === 'fixed bytes' ? type.size : 0;
  return Array.from({ length }, (_, index) => {
    const bytes = offsets
      ? data.subarray(offsets[index] as number, offsets[index + 1] as number)
      : data.subarray(index * size, (index + 1) * size);
    if (type.kind !== 'text') return bytes;
    const text = utf8Text(bytes, (byte) => `${where(index)}, byte ${byte} of it`);
    return isDocument ? documentOf(text, () => where(index)) : text;
  });
}

function documentOf(text: string, where: () => string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgument(
      `${where()} is not JSON (${(cause as Error).message}), which documents must be; nothing was imported`,
      { cause },
    );
  }
}

function listOf(type: ArrowType): { element: ElementType; shape: number[] } {
  if (type.kind === 'number') return { element: type.element, shape: [] };
  if (type.kind !== 'list') throw new InvalidArgument('only lists of numbers can be imported');
  const { element, shape } = listOf(type.of);
  return { element, shape: [type.size, ...shape] };
}
