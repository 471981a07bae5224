// What statistics must be, computed in the plainest way.

export interface Plain {
  readonly count: number;
  readonly nan: number;
  readonly sorted: number[];
  readonly sum: number | bigint;
  readonly mean: number;
  readonly squares: number;
}

export function plainly(elements: readonly (number | bigint)[]): Plain {
  const kept = elements.filter((element) => !Number.isNaN(element));
  const numbers = kept.map(Number);
  const isBig = typeof kept[0] === 'bigint';
  const total = numbers.reduce((sum, number) => sum + number, 0);
  const mean = total / numbers.length;
  return {
    count: kept.length,
    nan: elements.length - kept.length,
    sorted: numbers.toSorted((a, b) => a - b),
    sum: isBig ? (kept as bigint[]).reduce((sum, one) => sum + one, 0n) : total,
    mean,
    squares: numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0),
  };
}

export function plainQuantile({ sorted }: Plain, q: number): number | undefined {
  if (sorted.length === 0) return undefined;
  const rank = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]] as [number, number];
  return low === high ? low : low + (high - low) * (rank - Math.floor(rank));
}

export function plainHistogram(elements: readonly (number | bigint)[], edges: Float64Array): number[] {
  const last = edges.length - 2;
  return Array.from({ length: last + 1 }, (_, bin) => {
    const [low, high] = [edges[bin] as number, edges[bin + 1] as number];
    const isIn = (value: number) => value >= low && (value < high || (bin === last && value === high));
    return elements.filter((element) => isIn(Number(element))).length;
  });
}

/** Largest triangle, three buckets: for elements without NaN. */
export function plainTriangles(values: readonly number[], points: number): number[] {
  const inner = points - 2;
  const bound = (nth: number) => 1 + Math.floor(((values.length - 2) * nth) / inner);
  const chosen = [0];
  for (let bucket = 0; bucket < inner; bucket++) {
    const [from, to] = [bound(bucket), bound(bucket + 1)];
    const next = bucket + 1 < inner ? bound(bucket + 2) : values.length;
    const mean = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
    const places = Array.from({ length: next - to }, (_, nth) => to + nth);
    const [meanAt, meanValue] = [mean(places), mean(places.map((place) => values[place] as number))];
    const before = chosen.at(-1) as number;
    let [best, area] = [from, -1];
    for (let index = from; index < to; index++) {
      const [a, b] = [values[before] as number, values[index] as number];
      const twice = Math.abs((before - meanAt) * (b - a) - (before - index) * (meanValue - a));
      if (twice > area) [best, area] = [index, twice];
    }
    chosen.push(best);
  }
  return [...chosen, values.length - 1];
}
