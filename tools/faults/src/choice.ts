import { Random } from '../../testing/src/random.ts';

/** Chooses which of the calls, counted from 1, are struck. */
export type Choice = (calls: number) => number[];

export const only =
  (at: number): Choice =>
  () => [at];

/** Chooses one of every `every` calls. The seed says which one, so that different runs strike different calls. */
export function oneOfEvery(many: number, seed: number): Choice {
  const first = 1 + (seed % many);
  return (calls) => Array.from({ length: Math.ceil((calls - first + 1) / many) }, (_, turn) => first + turn * many);
}

/** Chooses a number of calls, spread over all of them. */
export function some(count: number, seed: number): Choice {
  const random = new Random(seed);
  return (calls) =>
    Array.from({ length: count }, (_, part) => {
      const start = Math.floor((calls * part) / count);
      const end = Math.floor((calls * (part + 1)) / count);
      return start + 1 + random.below(Math.max(1, end - start));
    });
}
