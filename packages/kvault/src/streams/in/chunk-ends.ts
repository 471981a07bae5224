/** Yields where the chunks end that lie between two positions, for reports of progress. */
export function* chunkEnds(from: number, to: number, chunkSize: number, size: number): Generator<number> {
  for (let end = (Math.floor(from / chunkSize) + 1) * chunkSize; end <= to; end += chunkSize) yield end;
  if (to === size && size % chunkSize !== 0) yield to;
}
