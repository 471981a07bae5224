import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DTypeInfo, parseDType } from '@kohakuvault/packer';
import { bareBytes, bared, framed } from './elements/bare-vectors.ts';
import type { ColumnStore, Layout } from './elements/column-store.ts';
import type { EncodedBlock } from './elements/encoded-block.ts';
import { storedDType } from './elements/record-dtype.ts';

/** The bytes that are copied at a time. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** How far a conversion is. */
export interface ConvertProgress {
  readonly name: string;
  /** How many elements of the column are converted. */
  readonly done: number;
  readonly length: number;
}

/** Copies all elements of a store into an empty one of another layout, and compares what can be read there. */
export function copyElements(
  source: ColumnStore,
  target: ColumnStore,
  onProgress: (progress: ConvertProgress) => void,
): void {
  const { name, length } = source;
  const info = parseDType(storedDType(source.dtype).dtype);
  for (let start = 0; start < length; ) {
    const end = Math.min(length, start + countOf(source, info, start, length));
    const block = converted(source.read(start, end), info, target.layout);
    target.append(block);
    const written = target.read(start, end);
    if (!written.data.equals(block.data) || !sameOffsets(written.offsets, block.offsets)) {
      throw new CorruptData(
        `column ${JSON.stringify(name)}: elements ${start} to ${end} do not read as they were written`,
      );
    }
    start = end;
    onProgress({ name, done: end, length });
  }
  if (target.length === length) return;
  throw new CorruptData(`column ${JSON.stringify(name)} has ${length} elements; its copy has ${target.length}`);
}

/** Throws if a dtype cannot be in both layouts. */
export function checkConvertible(name: string, dtype: string): void {
  try {
    parseDType(storedDType(dtype).dtype);
  } catch (cause) {
    throw new InvalidArgument(
      `column ${JSON.stringify(name)} has the dtype ${JSON.stringify(dtype)}, which this release does not know; delete the ` +
        'column, or convert the file with the software that wrote it',
      { cause },
    );
  }
}

function countOf(source: ColumnStore, info: DTypeInfo, start: number, length: number): number {
  if (info.isVarsize) return Math.max(1, source.countWithin?.(start, length, WINDOW_BYTES) ?? 1);
  return Math.max(1, Math.floor(WINDOW_BYTES / info.elemSize));
}

/** Returns elements as another layout has them: vectors of one shape with or without their type byte. */
function converted(block: EncodedBlock, info: DTypeInfo, to: Layout): EncodedBlock {
  if (bareBytes(info) === info.elemSize) return block;
  return { count: block.count, data: to === '1.x' ? bared(info, block.data) : framed(info, block.data) };
}

function sameOffsets(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((offset, nth) => offset === b[nth]);
}
