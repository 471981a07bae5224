import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { TypedArray } from '@kohakuvault/packer';
import type { EncodedBlock, Located } from './layout.ts';

export const NOTHING: EncodedBlock = { count: 0, data: Buffer.alloc(0), offsets: new Float64Array(1) };

/** One element's bytes as a block. */
export function single(data: Buffer, isVarsize: boolean): EncodedBlock {
  return isVarsize ? { count: 1, data, offsets: Float64Array.of(0, data.length) } : { count: 1, data };
}

/** Two blocks of one column, one behind the other. */
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

/** A block's first elements, and the others. */
export function cut(block: EncodedBlock, at: number, elemSize: number): [EncodedBlock, EncodedBlock] {
  if (at >= block.count) return [block, NOTHING];
  if (at === 0) return [NOTHING, block];
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

/** The same elements in the opposite order. */
export function reversed({ count, data, offsets }: EncodedBlock, elemSize: number): EncodedBlock {
  return gathered(count, elemSize, (nth, located) => {
    const index = count - 1 - nth;
    located.bytes = data;
    located.start = offsets ? (offsets[index] as number) : index * elemSize;
    located.end = offsets ? (offsets[index + 1] as number) : located.start + elemSize;
  });
}

/** A block of elements that are found one by one. */
export function gathered(
  count: number,
  elemSize: number,
  locate: (nth: number, located: Located) => void,
): EncodedBlock {
  const located: Located = { bytes: NOTHING.data, start: 0, end: 0 };
  if (elemSize > 0) {
    const data = orTooMany(count, () => Buffer.allocUnsafeSlow(count * elemSize));
    for (let nth = 0; nth < count; nth++) {
      locate(nth, located);
      located.bytes.copy(data, nth * elemSize, located.start, located.end);
    }
    return { count, data };
  }
  const parts: Buffer[] = [];
  const offsets = orTooMany(count, () => new Float64Array(count + 1));
  for (let nth = 0; nth < count; nth++) {
    locate(nth, located);
    parts.push(Buffer.from(located.bytes.subarray(located.start, located.end)));
    offsets[nth + 1] = (offsets[nth] as number) + located.end - located.start;
  }
  return { count, data: Buffer.concat(parts), offsets };
}

function orTooMany<T>(count: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    throw new InvalidArgument(`${count} elements are more than there is memory for: take fewer at a time`, { cause });
  }
}

/** Where the first element of exactly these bytes is; -1 without one. */
export function indexOfBytes({ count, data, offsets }: EncodedBlock, wanted: Buffer): number {
  for (let index = 0; index < count; index++) {
    const start = offsets ? (offsets[index] as number) : index * wanted.length;
    const end = offsets ? (offsets[index + 1] as number) : start + wanted.length;
    if (end - start === wanted.length && wanted.compare(data, start, end) === 0) return index;
  }
  return -1;
}

/** The same among numbers; NaN is found. */
export function indexOfNumber(numbers: TypedArray, wanted: unknown): number {
  if (Number.isNaN(wanted)) return (numbers as Float64Array).findIndex(Number.isNaN);
  return (numbers as Float64Array).indexOf(wanted as number);
}
