import { BucketPlace, ChoicePlace, nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '@kohakuvault/packer';
import type { NumberSource } from './number-source.ts';

/** A few points that look like all elements when they are drawn. */
export interface Points {
  /** The indexes of the points, in ascending order. Those of means may lie between elements. */
  readonly indexes: Float64Array;
  readonly values: Float64Array;
}

/**
 * `lttb` chooses elements that keep the shape of the line (largest triangle, three buckets); `minmax` the least and the
 * greatest of each piece, so that no peak is lost; `mean` averages each piece.
 */
export type DownsampleMethod = 'lttb' | 'minmax' | 'mean';

/** Reduces a range to at most so many points. NaN is left out. */
export function pointsOf(
  source: NumberSource,
  element: ElementInfo,
  [start, end]: [number, number],
  points: number,
  method: DownsampleMethod,
): Points {
  const count = end - start;
  const isAll = count <= points;
  if (method === 'lttb' && !isAll && points > 2) return triangles(source, element, [start, end], points);
  const buckets = Math.min(count, method === 'minmax' && !isAll ? Math.floor(points / 2) : points);
  const bounds = Float64Array.from({ length: buckets + 1 }, (_, nth) => start + Math.floor((count * nth) / buckets));
  const described = describe(source, element, bounds);
  const found: [number, number][] = [];
  for (let nth = 0; nth < buckets; nth++) {
    const place = (what: number) => described[nth * BucketPlace.places + what] as number;
    const some = place(BucketPlace.count);
    if (some === 0) continue;
    if (method === 'minmax') {
      const least: [number, number] = [place(BucketPlace.leastAt), place(BucketPlace.least)];
      const greatest: [number, number] = [place(BucketPlace.greatestAt), place(BucketPlace.greatest)];
      if (least[0] === greatest[0]) found.push(least);
      else found.push(...(least[0] < greatest[0] ? [least, greatest] : [greatest, least]));
    } else {
      found.push([(bounds[nth] as number) + place(BucketPlace.indexes) / some, place(BucketPlace.sum) / some]);
    }
  }
  return asPoints(found);
}

/** Chooses one element of each bucket. The first and the last bucket have one. */
function triangles(source: NumberSource, element: ElementInfo, [start, end]: [number, number], points: number): Points {
  const inner = points - 2;
  const bounds = Float64Array.from({ length: points + 1 }, (_, nth) => {
    if (nth === 0) return start;
    return nth === points ? end : start + 1 + Math.floor(((end - start - 2) * (nth - 1)) / inner);
  });
  const described = describe(source, element, bounds);
  const means = meansOf(described, bounds);
  const choices = new Float64Array(ChoicePlace.places + 2 * points).fill(Number.NaN);
  choices.set(means.subarray(0, 2), ChoicePlace.beforeAt);
  choices[ChoicePlace.bucket] = -1;
  choices[ChoicePlace.area] = -1;
  const { binding } = nativeCore();
  source.visit(start, end, (bytes, first) => {
    binding.numberTriangles(element.code, bytes, first, bounds, means, choices);
    return true;
  });
  const found: [number, number][] = [];
  for (let nth = 0; nth < points; nth++) {
    const at = ChoicePlace.places + 2 * nth;
    if (!Number.isNaN(choices[at])) found.push([choices[at] as number, choices[at + 1] as number]);
  }
  if ((choices[ChoicePlace.area] as number) >= 0) {
    found.push([choices[ChoicePlace.bestAt] as number, choices[ChoicePlace.best] as number]);
  }
  return asPoints(found);
}

/** Returns the means of all buckets, and one more, as pairs. A bucket without values gets that of the next one. */
function meansOf(described: Float64Array, bounds: Float64Array): Float64Array {
  const buckets = bounds.length - 1;
  const means = new Float64Array(2 * buckets + 2);
  const from = (nth: number): [number, number] | undefined => {
    const place = (what: number) => described[nth * BucketPlace.places + what] as number;
    const some = place(BucketPlace.count);
    if (some === 0) return undefined;
    return [(bounds[nth] as number) + place(BucketPlace.indexes) / some, place(BucketPlace.sum) / some];
  };
  let last = buckets - 1;
  while (last > 0 && !from(last)) last--;
  let next = from(last) ?? [0, 0];
  for (let nth = buckets; nth >= 0; nth--) {
    if (nth < buckets) next = from(nth) ?? next;
    means.set(next, 2 * nth);
  }
  return means;
}

function describe(source: NumberSource, { code }: ElementInfo, bounds: Float64Array): Float64Array {
  const buckets = new Float64Array((bounds.length - 1) * BucketPlace.places);
  const { binding } = nativeCore();
  source.visit(bounds[0] as number, bounds.at(-1) as number, (bytes, first) => {
    binding.numberBuckets(code, bytes, first, bounds, buckets);
    return true;
  });
  return buckets;
}

function asPoints(found: readonly [number, number][]): Points {
  return {
    indexes: Float64Array.from(found, ([index]) => index),
    values: Float64Array.from(found, ([, value]) => value),
  };
}
