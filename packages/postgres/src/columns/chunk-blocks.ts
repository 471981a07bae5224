import { type EncodedBlock, joined } from '@kohakuvault/columns/internal';

/** The bytes that a chunk has at most, unless one element is longer. */
export const CHUNK_BYTES = 256 * 1024;

/** A row of elements. `ends` has the end of each element in `data`, as u32, if they vary in size. */
export interface Chunk {
  readonly start: number;
  readonly count: number;
  readonly data: Buffer;
  readonly ends: Buffer;
}

/** Returns the elements of chunks that follow each other. */
export function blockOf(chunks: readonly Chunk[], elemSize: number): EncodedBlock {
  const blocks = chunks.map(({ count, data, ends }): EncodedBlock => {
    return elemSize > 0 ? { count, data } : { count, data, offsets: offsetsOf(ends, count) };
  });
  const [first, ...others] = blocks;
  if (!first) return emptyBlock(elemSize);
  if (others.length === 0) return first;
  if (elemSize > 0) {
    return {
      count: blocks.reduce((sum, { count }) => sum + count, 0),
      data: Buffer.concat(blocks.map(({ data }) => data)),
    };
  }
  return others.reduce(joined, first);
}

export function emptyBlock(elemSize: number): EncodedBlock {
  return elemSize > 0
    ? { count: 0, data: Buffer.alloc(0) }
    : { count: 0, data: Buffer.alloc(0), offsets: new Float64Array(1) };
}

/** Returns some elements of a block, in memory that it shares. */
export function part(block: EncodedBlock, from: number, to: number, elemSize: number): EncodedBlock {
  const { data, offsets } = block;
  if (from === 0 && to === block.count) return block;
  if (!offsets) return { count: to - from, data: data.subarray(from * elemSize, to * elemSize) };
  const [begin, end] = [offsets[from] as number, offsets[to] as number];
  return {
    count: to - from,
    data: data.subarray(begin, end),
    offsets: offsets.slice(from, to + 1).map((offset) => offset - begin),
  };
}

/** Divides elements into chunks. */
export function chunksOf(block: EncodedBlock, start: number, elemSize: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < block.count; ) {
    const to = endOfChunk(block, from, elemSize);
    const { count, data, offsets } = part(block, from, to, elemSize);
    chunks.push({ start: start + from, count, data, ends: endsOf(offsets) });
    from = to;
  }
  return chunks;
}

/** Returns the elements of a block that fit so many bytes; 0 if not even one does. */
export function fitting(block: EncodedBlock, bytes: number, elemSize: number): number {
  const { count, offsets } = block;
  if (!offsets) return Math.min(count, Math.floor(bytes / elemSize));
  let fits = 0;
  while (fits < count && (offsets[fits + 1] as number) <= bytes) fits++;
  return fits;
}

/** Returns the ends of elements as bytes, each more by `before`. */
export function endsOf(offsets: Float64Array | undefined, before = 0): Buffer {
  if (!offsets) return Buffer.alloc(0);
  const ends = Buffer.allocUnsafe((offsets.length - 1) * 4);
  for (let nth = 1; nth < offsets.length; nth++) ends.writeUInt32LE((offsets[nth] as number) + before, (nth - 1) * 4);
  return ends;
}

function offsetsOf(ends: Buffer, count: number): Float64Array {
  const offsets = new Float64Array(count + 1);
  for (let nth = 0; nth < count; nth++) offsets[nth + 1] = ends.readUInt32LE(nth * 4);
  return offsets;
}

function endOfChunk({ count, offsets }: EncodedBlock, from: number, elemSize: number): number {
  if (!offsets) return Math.min(count, from + Math.max(1, Math.floor(CHUNK_BYTES / elemSize)));
  const limit = (offsets[from] as number) + CHUNK_BYTES;
  let to = from + 1;
  while (to < count && (offsets[to + 1] as number) <= limit) to++;
  return to;
}
