import { Random } from '../../crash/src/random.ts';

/** Which of so many calls are struck, counted from 1. */
export type Choice = (calls: number) => number[];

export const only =
  (at: number): Choice =>
  () => [at];

/** One of every so many; which one of them the seed says, so that different runs strike different calls. */
export function oneOfEvery(many: number, seed: number): Choice {
  const first = 1 + (seed % many);
  return (calls) => Array.from({ length: Math.ceil((calls - first + 1) / many) }, (_, turn) => first + turn * many);
}

/** So many in all, spread over the calls. */
export function some(count: number, seed: number): Choice {
  const random = new Random(seed);
  return (calls) =>
    Array.from({ length: count }, (_, part) => {
      const start = Math.floor((calls * part) / count);
      const end = Math.floor((calls * (part + 1)) / count);
      return start + 1 + random.below(Math.max(1, end - start));
    });
}
