/** Divides items into batches whose lengths have a limit. An item that is longer is a batch alone. */
export function batchesBy<T>(items: readonly T[], most: number, lengthOf: (item: T) => number): T[][] {
  const batches: T[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const length = lengthOf(item);
    if (filled + length > most) {
      batches.push([]);
      filled = 0;
    }
    batches.at(-1)?.push(item);
    filled += length;
  }
  return batches;
}
