/** Returns a generator of numbers from 0 to below 1, the same in every run and for every contender. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  // mulberry32: good enough to defeat caches and prefetching, and short.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns whole numbers from 0 to below `end`, the same in every run and for every contender. */
export function randomIntegers(count: number, end: number, seed = 1): Uint32Array {
  const next = randomNumbers(seed);
  return Uint32Array.from({ length: count }, () => Math.floor(next() * end));
}
