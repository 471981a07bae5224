import { CorruptData } from '@kohakuvault/core-native/internal';
import type { ChunkLimits } from '../layout.ts';
import type { MetaRow } from './tables.ts';

/**
 * The limits of a column's chunks, which hold whole elements: the least rounded up to them, the greatest down. An element
 * that is larger than a chunk may be makes chunks of one element.
 */
export function alignedLimits({ minChunkBytes, maxChunkBytes }: ChunkLimits, elemSize: number) {
  const maxChunk = Math.max(elemSize, Math.floor(maxChunkBytes / elemSize) * elemSize);
  const minChunk = Math.min(maxChunk, Math.ceil(minChunkBytes / elemSize) * elemSize);
  return { minChunk, maxChunk };
}

/** The size of a chunk that has to hold so many bytes: the least doubling of the smallest, at most the greatest. */
export function chunkSizeFor(bytes: number, { minChunk, maxChunk }: Pick<MetaRow, 'minChunk' | 'maxChunk'>): number {
  let size = minChunk;
  while (size < bytes && size < maxChunk) size *= 2;
  return Math.min(size, maxChunk);
}

/** A chunk is one BLOB, and a row of SQLite holds no more. */
const LARGEST_CHUNK = 1_000_000_000;

/** Refuses numbers that no column can have, before anything is computed from them. */
export function checkMeta(row: MetaRow): MetaRow {
  const { id, name, length, elemSize, minChunk, maxChunk } = row;
  const wrong = (why: string) =>
    new CorruptData(`column ${JSON.stringify(name)}: its row in col_meta is damaged: ${why}`);
  const whole = (what: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const isWhole = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    if (!isWhole) throw wrong(`${what} is ${String(value)}`);
  };
  whole('col_id', id, Number.MIN_SAFE_INTEGER);
  whole('length', length, 0);
  whole('elem_size', elemSize, 1);
  whole('min_chunk_bytes', minChunk, 1, LARGEST_CHUNK);
  whole('max_chunk_bytes', maxChunk, 1);
  if (maxChunk < elemSize || maxChunk % elemSize !== 0) {
    throw wrong(`chunks of ${maxChunk} bytes do not hold whole elements of ${elemSize} bytes`);
  }
  whole('the size of all elements', length * elemSize, 0);
  return row;
}
