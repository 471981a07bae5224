import { randomIntegers } from '../../random.ts';

export const COUNT = 1_000_000;

/** Numbers like ids, prices or times: half of them have a fraction, and each occurs once or twice at most. */
export function numberKeys(): number[] {
  return Array.from(randomIntegers(COUNT, 2 ** 31), (number) => number / 2);
}

/** Strings like ids: a common prefix, then what differs. */
export function stringKeys(): string[] {
  return Array.from(randomIntegers(COUNT, 2 ** 32), (number) => `user:${number.toString(36)}`);
}

/** Which key each turn reads. The length is a power of two, so that a mask finds the place of a turn. */
const PICKS = 2 ** 20;
const picks = randomIntegers(PICKS, COUNT, 2);

export function pick(turn: number): number {
  return picks[turn & (PICKS - 1)] as number;
}
