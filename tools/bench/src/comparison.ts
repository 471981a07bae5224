// Whether a row changed between two checkouts, and by how much.
import { type Spread, spread } from './statistics.ts';
import { speedAgainst, type Unit } from './units.ts';

/** The numbers of one case in two checkouts: of each round, the pair that ran right after each other. */
export interface Pairs {
  unit: Unit;
  here: number[];
  there: number[];
}

export type Verdict = 'faster' | 'slower' | 'within the noise';

export interface Change {
  /** How many times as fast this checkout is as the other one. */
  speed: Spread;
  /** What the median of endless rounds is between, with 95% confidence. */
  sure: [low: number, high: number];
  verdict: Verdict;
}

/** With fewer, not even rounds that all agree are beyond the noise. */
export const FEWEST_ROUNDS = 6;

const CHANCE = 0.05;

export function changeOf({ unit, here, there }: Pairs): Change {
  const speeds = here.map((value, round) => speedAgainst(unit, value, there[round] ?? Number.NaN));
  const sorted = speeds.toSorted((a, b) => a - b);
  const ignored = outliers(sorted.length);
  const [low = Number.NaN, high = Number.NaN] = [sorted[ignored], sorted[sorted.length - 1 - ignored]];
  const isSure = sorted.length >= FEWEST_ROUNDS;
  const verdict = isSure && low > 1 ? 'faster' : isSure && high < 1 ? 'slower' : 'within the noise';
  return { speed: spread(speeds), sure: [low, high], verdict };
}

/**
 * Returns how many rounds may disagree at each end. If nothing changed, each round is as likely to be above 1 as below,
 * whatever the distribution of the noise is (a sign test). So the largest number of rounds is ignored with which luck
 * alone puts all others on one side in at most one of twenty comparisons.
 */
function outliers(rounds: number): number {
  let ways = 1;
  let sum = 1;
  let ignored = 0;
  for (let count = 1; count < rounds / 2; count++) {
    ways = (ways * (rounds - count + 1)) / count;
    sum += ways;
    if (2 * sum > CHANCE * 2 ** rounds) break;
    ignored = count;
  }
  return ignored;
}

/**
 * Returns the change that two lots of rounds show together. It counts only if the second lot confirms the first: among
 * a hundred rows some are lucky once.
 */
export function confirmed(first: Change, second: Pairs, both: Pairs): Change {
  const change = changeOf(both);
  return changeOf(second).verdict === first.verdict ? change : { ...change, verdict: 'within the noise' };
}

/** Returns whether a row got slower beyond the noise, and by more than a share such as 0.05. */
export function isLoss({ speed, verdict }: Change, threshold: number): boolean {
  return verdict === 'slower' && 1 / speed.median > 1 + threshold;
}
