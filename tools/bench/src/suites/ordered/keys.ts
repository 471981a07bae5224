import { randomIntegers } from '../../random.ts';

export const COUNT = 1_000_000;

/** Numbers as ids, prices or times are: half of them with a fraction, each at most once or twice. */
export function numberKeys(): number[] {
  return Array.from(randomIntegers(COUNT, 2 ** 31), (number) => number / 2);
}

/** Strings as ids are: a common beginning, then what differs. */
export function stringKeys(): string[] {
  return Array.from(randomIntegers(COUNT, 2 ** 32), (number) => `user:${number.toString(36)}`);
}

/** Which key each turn reads; as long as a power of two, so that a turn finds its place by a mask. */
const PICKS = 2 ** 20;
const picks = randomIntegers(PICKS, COUNT, 2);

export function pick(turn: number): number {
  return picks[turn & (PICKS - 1)] as number;
}
