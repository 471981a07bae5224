import { CorruptData } from '@kohakuvault/core-native/internal';
import type { MetaRow } from './rows.ts';

/** The sizes that the user gave for the chunks of a column, in bytes. They are not aligned to the elements yet. */
export interface ChunkLimits {
  readonly minChunkBytes: number;
  readonly maxChunkBytes: number;
}

/**
 * Aligns limits to whole elements: rounds the smallest size up and the largest size down. If an element is larger than
 * the limit, each chunk holds one element.
 */
export function alignedLimits({ minChunkBytes, maxChunkBytes }: ChunkLimits, elemSize: number) {
  const maxChunk = Math.max(elemSize, Math.floor(maxChunkBytes / elemSize) * elemSize);
  const minChunk = Math.min(maxChunk, Math.ceil(minChunkBytes / elemSize) * elemSize);
  return { minChunk, maxChunk };
}

/**
 * Returns the size of a chunk for so many bytes: the smallest size, doubled until they fit, but at most the largest.
 */
export function chunkSizeFor(bytes: number, { minChunk, maxChunk }: Pick<MetaRow, 'minChunk' | 'maxChunk'>): number {
  let size = minChunk;
  while (size < bytes && size < maxChunk) size *= 2;
  return Math.min(size, maxChunk);
}

/** The largest chunk: it is one BLOB, and SQLite rows are not longer. */
export const LARGEST_CHUNK = 1_000_000_000;

/** Throws if a row has numbers that no column can have, before anything is computed from them. */
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
  whole('elem_size', elemSize, 1, LARGEST_CHUNK);
  whole('min_chunk_bytes', minChunk, 1, LARGEST_CHUNK);
  whole('max_chunk_bytes', maxChunk, 1);
  if (maxChunk < elemSize || maxChunk % elemSize !== 0) {
    throw wrong(`chunks of ${maxChunk} bytes do not hold whole elements of ${elemSize} bytes`);
  }
  whole('the size of all elements', length * elemSize, 0);
  return row;
}
