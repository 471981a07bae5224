import type { Points } from '@kohakuvault/columns';

/** Returns the least and the greatest point of each of so many pieces of a range, in the order of their indexes. */
export function extremesOf(
  { indexes, values }: Points,
  [start, end]: readonly [number, number],
  pieces: number,
): Points {
  const chosen: number[] = [];
  let at = 0;
  for (let piece = 1; piece <= pieces && at < indexes.length; piece++) {
    const until = start + ((end - start) * piece) / pieces;
    let [least, greatest] = [at, at];
    const first = at;
    for (; at < indexes.length && (indexes[at] as number) < until; at++) {
      const value = values[at] as number;
      if (value < (values[least] as number)) least = at;
      if (value > (values[greatest] as number)) greatest = at;
    }
    if (at === first) continue;
    chosen.push(Math.min(least, greatest));
    if (least !== greatest) chosen.push(Math.max(least, greatest));
  }
  return pick({ indexes, values }, chosen);
}

/**
 * Chooses so many points that keep the shape of the line: of each bucket the point that makes the largest triangle with
 * the one before and with the middle of the next bucket. The first and the last point stay.
 */
export function triangles(points: Points, count: number): Points {
  const { indexes, values } = points;
  const { length } = indexes;
  if (length <= count || count < 3) return points;
  const inner = count - 2;
  const boundOf = (bucket: number) => 1 + Math.floor(((length - 2) * bucket) / inner);
  const chosen = [0];
  for (let bucket = 0; bucket < inner; bucket++) {
    const [start, end] = [boundOf(bucket), boundOf(bucket + 1)];
    const [x, y] = meanOf(points, end, bucket + 1 < inner ? boundOf(bucket + 2) : length);
    const before = chosen.at(-1) as number;
    const [beforeX, beforeY] = [indexes[before] as number, values[before] as number];
    let [best, largest] = [start, -1];
    for (let at = start; at < end; at++) {
      const area = Math.abs(
        (beforeX - x) * ((values[at] as number) - beforeY) - (beforeX - (indexes[at] as number)) * (y - beforeY),
      );
      if (area > largest) [best, largest] = [at, area];
    }
    chosen.push(best);
  }
  chosen.push(length - 1);
  return pick(points, chosen);
}

function meanOf({ indexes, values }: Points, start: number, end: number): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (let at = start; at < end; at++) {
    x += indexes[at] as number;
    y += values[at] as number;
  }
  return [x / (end - start), y / (end - start)];
}

function pick({ indexes, values }: Points, places: readonly number[]): Points {
  return {
    indexes: Float64Array.from(places, (place) => indexes[place] as number),
    values: Float64Array.from(places, (place) => values[place] as number),
  };
}
