import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** Consecutive elements as bytes, back to back. */
export interface EncodedBlock {
  /** The number of elements. */
  readonly count: number;
  /** The bytes of all elements, and no others. */
  readonly data: Buffer;
  /** The bounds of the elements in `data`: `count` + 1 of them, from 0 on. Only elements of variable size have them. */
  readonly offsets?: Float64Array;
}

/** The bytes of one element in memory. One object serves many calls: read it at once, and copy what you keep. */
export interface ElementBytes {
  bytes: Buffer;
  start: number;
  end: number;
}

export const EMPTY_BLOCK: EncodedBlock = { count: 0, data: Buffer.alloc(0), offsets: new Float64Array(1) };

/** Returns one element's bytes as a block. */
export function single(data: Buffer, isVarsize: boolean): EncodedBlock {
  return isVarsize ? { count: 1, data, offsets: Float64Array.of(0, data.length) } : { count: 1, data };
}

/** Joins two blocks of one column. */
export function joined(first: EncodedBlock, second: EncodedBlock): EncodedBlock {
  const count = first.count + second.count;
  const data = Buffer.concat([first.data, second.data]);
  if (!first.offsets || !second.offsets) return { count, data };
  const offsets = new Float64Array(count + 1);
  offsets.set(first.offsets);
  for (let index = 1; index <= second.count; index++) {
    offsets[first.count + index] = first.data.length + (second.offsets[index] as number);
  }
  return { count, data, offsets };
}

/** Cuts a block in two, before the element `at`. */
export function cut(block: EncodedBlock, at: number, elemSize: number): [EncodedBlock, EncodedBlock] {
  if (at >= block.count) return [block, EMPTY_BLOCK];
  if (at === 0) return [EMPTY_BLOCK, block];
  const { count, data, offsets } = block;
  const edge = offsets ? (offsets[at] as number) : at * elemSize;
  const first = { count: at, data: data.subarray(0, edge) };
  const second = { count: count - at, data: data.subarray(edge) };
  if (!offsets) return [first, second];
  return [
    { ...first, offsets: offsets.slice(0, at + 1) },
    { ...second, offsets: offsets.slice(at).map((offset) => offset - edge) },
  ];
}

/** Returns the same elements in reverse order. */
export function reversed({ count, data, offsets }: EncodedBlock, elemSize: number): EncodedBlock {
  return gathered(count, elemSize, (nth, target) => {
    const index = count - 1 - nth;
    target.bytes = data;
    target.start = offsets ? (offsets[index] as number) : index * elemSize;
    target.end = offsets ? (offsets[index + 1] as number) : target.start + elemSize;
  });
}

/**
 * Copies elements into a block. `locate` finds each of them. `check` may refuse the bytes that they have together.
 * `order` are the positions of all elements in the order in which they are to be found.
 */
export function gathered(
  count: number,
  elemSize: number,
  locate: (nth: number, target: ElementBytes) => void,
  { check, order }: { check?: ((bytes: number) => void) | undefined; order?: Uint32Array | undefined } = {},
): EncodedBlock {
  const found: ElementBytes = { bytes: EMPTY_BLOCK.data, start: 0, end: 0 };
  if (elemSize > 0) {
    const data = allocated(count, () => Buffer.allocUnsafeSlow(count * elemSize));
    for (let turn = 0; turn < count; turn++) {
      const nth = order ? (order[turn] as number) : turn;
      locate(nth, found);
      found.bytes.copy(data, nth * elemSize, found.start, found.end);
    }
    return { count, data };
  }
  const offsets = allocated(count, () => new Float64Array(count + 1));
  const parts = allocated(count, () => new Array<Buffer>(count));
  for (let turn = 0, bytes = 0; turn < count; turn++) {
    const nth = order ? (order[turn] as number) : turn;
    locate(nth, found);
    parts[nth] = Buffer.from(found.bytes.subarray(found.start, found.end));
    bytes += found.end - found.start;
    check?.(bytes);
  }
  for (let nth = 0; nth < count; nth++) offsets[nth + 1] = (offsets[nth] as number) + (parts[nth] as Buffer).length;
  return { count, data: Buffer.concat(parts), offsets };
}

/** Runs an allocation for elements. If there is not enough memory, throws what to do. */
export function allocated<T>(count: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    throw new InvalidArgument(`there is not enough memory for ${count} elements; read fewer at a time`, { cause });
  }
}

/** Returns the index of the first element that has exactly these bytes, or -1. */
export function indexOfBytes({ count, data, offsets }: EncodedBlock, wanted: Buffer): number {
  for (let index = 0; index < count; index++) {
    const start = offsets ? (offsets[index] as number) : index * wanted.length;
    const end = offsets ? (offsets[index + 1] as number) : start + wanted.length;
    if (end - start === wanted.length && wanted.compare(data, start, end) === 0) return index;
  }
  return -1;
}

/** Returns the index of the first number that equals the one given, or -1. NaN equals NaN here. */
export function indexOfNumber(numbers: ArrayLike<unknown>, wanted: unknown): number {
  if (Number.isNaN(wanted)) return (numbers as Float64Array).findIndex(Number.isNaN);
  return (numbers as Float64Array).indexOf(wanted as number);
}
