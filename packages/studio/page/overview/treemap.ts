export interface Rectangle<T> {
  readonly item: T;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a rectangle among items by their sizes, and keeps the parts as square as it can ("squarified treemap"): it
 * fills rows along the shorter side, and ends a row when one more item would make its worst part longer.
 */
export function treemap<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  width: number,
  height: number,
): Rectangle<T>[] {
  const sorted = items.filter((item) => sizeOf(item) > 0).sort((a, b) => sizeOf(b) - sizeOf(a));
  const total = sorted.reduce((sum, item) => sum + sizeOf(item), 0);
  const scale = total === 0 ? 0 : (width * height) / total;
  const placed: Rectangle<T>[] = [];
  let x = 0;
  let y = 0;
  let free = { width, height };
  for (let index = 0; index < sorted.length; ) {
    const side = Math.min(free.width, free.height);
    const row: T[] = [];
    let area = 0;
    while (index < sorted.length) {
      const item = sorted[index] as T;
      const next = sizeOf(item) * scale;
      const largest = sizeOf(row[0] ?? item) * scale;
      const last = sizeOf(row.at(-1) ?? item) * scale;
      if (row.length > 0 && worst(area + next, largest, next, side) > worst(area, largest, last, side)) break;
      row.push(item);
      area += next;
      index++;
    }
    const thick = side === 0 ? 0 : area / side;
    let along = 0;
    for (const item of row) {
      const length = thick === 0 ? 0 : (sizeOf(item) * scale) / thick;
      placed.push(
        free.width >= free.height
          ? { item, x, y: y + along, width: thick, height: length }
          : { item, x: x + along, y, width: length, height: thick },
      );
      along += length;
    }
    if (free.width >= free.height) {
      x += thick;
      free = { width: free.width - thick, height: free.height };
    } else {
      y += thick;
      free = { width: free.width, height: free.height - thick };
    }
  }
  return placed;
}

/** The longest side of any part of a row by its other side. */
function worst(area: number, largest: number, smallest: number, side: number): number {
  const square = area * area;
  return Math.max((side * side * largest) / square, square / (side * side * smallest));
}
