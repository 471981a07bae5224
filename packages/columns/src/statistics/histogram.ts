import { describe, InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '@kohakuvault/packer';
import type { NumberSource } from './number-source.ts';
import { EXTREMES, summarize } from './summary.ts';

/** How many elements lie between each two edges. */
export interface Histogram {
  /** The number of elements in each bin. */
  readonly counts: Float64Array;
  /** Where the bins begin, and where the last one ends, which belongs to it. */
  readonly edges: Float64Array;
}

const MOST_BINS = 10_000_000;

/** The half of the width of all bins if there is one value, as a part of it: many doubles are between. */
const LEAST_WIDTH = 1e-9;

/** Counts the elements in bins of one width, or between given edges. */
export function histogramOf(
  source: NumberSource,
  element: ElementInfo,
  range: [number, number],
  bins: number | ArrayLike<number>,
  limits: { min?: number | undefined; max?: number | undefined },
): Histogram {
  const edges = typeof bins === 'number' ? edgesOf(source, element, range, bins, limits) : checkEdges(bins);
  const counts = new Float64Array(edges.length - 1);
  const { binding } = nativeCore();
  source.visit(...range, (bytes) => {
    binding.numberBins(element.code, bytes, edges, counts);
    return true;
  });
  return { counts, edges };
}

/** Checks the edges or the number of bins, before anything is read. */
export function checkBins(bins: unknown): void {
  if (typeof bins === 'object' && bins !== null) {
    checkEdges(bins as ArrayLike<number>);
  } else if (!Number.isInteger(bins) || (bins as number) < 1 || (bins as number) > MOST_BINS) {
    throw new InvalidArgument(
      `histogram expects a number of bins from 1 to ${MOST_BINS}, or an array of edges, got ${describe(bins)}`,
    );
  }
}

function checkEdges(given: ArrayLike<number>): Float64Array {
  const edges = Float64Array.from(given);
  const wrong = edges.findIndex((edge, nth) => nth > 0 && !(edge > (edges[nth - 1] as number)));
  if (edges.length < 2 || wrong >= 0) {
    const why = edges.length < 2 ? `there are ${edges.length}` : `edge ${wrong} is ${edges[wrong]}`;
    throw new InvalidArgument(`histogram expects at least two edges, each greater than the one before; ${why}`);
  }
  return edges;
}

function edgesOf(
  source: NumberSource,
  element: ElementInfo,
  range: [number, number],
  bins: number,
  { min, max }: { min?: number | undefined; max?: number | undefined },
): Float64Array {
  const needsExtremes = min === undefined || max === undefined;
  const found = needsExtremes ? summarize(source, element, range, EXTREMES) : undefined;
  let low = Number(min ?? found?.min ?? max ?? 0);
  let high = Number(max ?? found?.max ?? min ?? 0);
  // Bins must have a width, also if all elements are equal or there is none.
  const least = Math.max(0.5, Math.abs(low) * LEAST_WIDTH);
  if (low === high && needsExtremes) [low, high] = [low - least, high + least];
  if (!(low < high) || !Number.isFinite(high - low)) {
    throw new InvalidArgument(
      `histogram: bins cannot go from ${low} to ${high}; give min and max, both finite, or an array of edges`,
    );
  }
  const edges = Float64Array.from({ length: bins + 1 }, (_, nth) => low + ((high - low) * nth) / bins);
  edges[bins] = high;
  const same = edges.findIndex((edge, nth) => nth > 0 && edge <= (edges[nth - 1] as number));
  if (same >= 0) {
    throw new InvalidArgument(
      `histogram: there are not ${bins} doubles between ${low} and ${high}; ask for fewer bins`,
    );
  }
  return edges;
}
