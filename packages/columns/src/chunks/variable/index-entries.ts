/** By this dtype an index is told from a user's column. */
export const INDEX_DTYPE = 'adaptive_idx';

/** Bytes of one entry of an index: the number of a data chunk, where in it an element begins, and where it ends. */
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

/** Writes the entries of elements that lie back to back in one chunk: those whose bounds are `offsets[from]` to `offsets[to]`. */
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
