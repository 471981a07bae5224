/** The dtype that distinguishes an element index from a user's column. */
export const INDEX_DTYPE = 'adaptive_idx';

/** The bytes of one entry: the number of a data chunk, where the element begins in it, and where it ends. */
export const ENTRY_BYTES = 12;

export function chunkAt(entries: Buffer, at: number): number {
  return entries.readInt32LE(at);
}

export function startAt(entries: Buffer, at: number): number {
  return entries.readInt32LE(at + 4);
}

export function endAt(entries: Buffer, at: number): number {
  return entries.readInt32LE(at + 8);
}

export function putEntry(entries: Buffer, at: number, chunk: number, start: number, end: number): void {
  entries.writeInt32LE(chunk, at);
  entries.writeInt32LE(start, at + 4);
  entries.writeInt32LE(end, at + 8);
}

/**
 * Writes the entries of elements that are back to back in one chunk: those with the bounds `offsets[from]` to
 * `offsets[to]`.
 */
export function putEntries(
  entries: Buffer,
  offsets: Float64Array,
  { from, to, chunk, start }: { from: number; to: number; chunk: number; start: number },
): void {
  const shift = start - (offsets[from] as number);
  for (let index = from; index < to; index++) {
    const begin = (offsets[index] as number) + shift;
    putEntry(entries, index * ENTRY_BYTES, chunk, begin, (offsets[index + 1] as number) + shift);
  }
}
