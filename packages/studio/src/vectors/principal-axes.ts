/** A generator of numbers that are the same each time (mulberry32), so that a map does not jump when it is drawn again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The directions in which vectors differ most, and where their middle is. */
export interface Axes {
  readonly mean: Float64Array;
  readonly directions: readonly Float64Array[];
  /** How much of the variance the first two directions have. */
  readonly explained: number;
}

const ROUNDS = 40;

/**
 * Finds the directions in which the vectors of a sample differ most, one after another, by the power method: only
 * products of the sample with a vector are needed, so that many dimensions do not matter.
 */
export function principalAxes(sample: readonly Float32Array[], dimensions: number, count: number): Axes {
  const mean = new Float64Array(dimensions);
  for (const vector of sample) {
    for (let at = 0; at < dimensions; at++) mean[at] = item(mean, at) + item(vector, at) / sample.length;
  }
  const random = seeded(20_261);
  const directions: Float64Array[] = [];
  const variances: number[] = [];
  const wanted = Math.min(count, dimensions, Math.max(1, sample.length - 1));
  for (let nth = 0; nth < wanted; nth++) {
    let direction: Float64Array = Float64Array.from({ length: dimensions }, () => random() - 0.5);
    let variance = 0;
    for (let round = 0; round < ROUNDS; round++) {
      direction = orthogonal(direction, directions);
      if (!normalize(direction)) break;
      const next = new Float64Array(dimensions);
      for (const vector of sample) {
        let product = 0;
        for (let at = 0; at < dimensions; at++) product += (item(vector, at) - item(mean, at)) * item(direction, at);
        for (let at = 0; at < dimensions; at++)
          next[at] = item(next, at) + product * (item(vector, at) - item(mean, at));
      }
      const length = lengthOf(next) / sample.length;
      const isStill = Math.abs(length - variance) <= 1e-4 * length;
      variance = length;
      direction = next;
      if (isStill && round > 3) break;
    }
    direction = orthogonal(direction, directions);
    if (!normalize(direction)) break;
    directions.push(direction);
    variances.push(variance);
  }
  let total = 0;
  for (const vector of sample) {
    for (let at = 0; at < dimensions; at++) total += (item(vector, at) - item(mean, at)) ** 2 / sample.length;
  }
  const first = (variances[0] ?? 0) + (variances[1] ?? 0);
  return { mean, directions, explained: total > 0 ? Math.min(1, first / total) : 1 };
}

/** Returns how far a vector lies in each direction. */
export function project(
  { mean, directions }: Axes,
  vector: ArrayLike<number>,
  target: Float32Array,
  from: number,
): void {
  for (const [nth, direction] of directions.entries()) {
    let product = 0;
    for (let at = 0; at < mean.length; at++) product += ((vector[at] as number) - item(mean, at)) * item(direction, at);
    target[from + nth] = product;
  }
}

function orthogonal(direction: Float64Array, others: readonly Float64Array[]): Float64Array {
  for (const other of others) {
    let product = 0;
    for (let at = 0; at < direction.length; at++) product += item(direction, at) * item(other, at);
    for (let at = 0; at < direction.length; at++) direction[at] = item(direction, at) - product * item(other, at);
  }
  return direction;
}

/** Gives a direction the length 1. Returns false if it has none. */
function normalize(direction: Float64Array): boolean {
  const length = lengthOf(direction);
  if (!(length > 1e-12)) return false;
  for (let at = 0; at < direction.length; at++) direction[at] = item(direction, at) / length;
  return true;
}

function lengthOf(vector: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += item(vector, at) ** 2;
  return Math.sqrt(sum);
}

function item(array: Float64Array | Float32Array, at: number): number {
  return array[at] as number;
}
