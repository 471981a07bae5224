import { checkOptions, InvalidArgument, type OptionRule, rules } from '@kohakuvault/core-native/internal';

/** How results are chosen that differ from each other (maximal marginal relevance). */
export interface MmrOptions {
  /** The number of nearest vectors to choose from. Default four times k, and at least 20. */
  fetchK?: number | undefined;
  /** From 0, where only the difference counts, to 1, where only the query does. Default 0.5. */
  lambda?: number | undefined;
}

const MMR_RULES: Record<string, OptionRule> = {
  fetchK: rules.wholeNumber(1),
  lambda: {
    expected: 'a number from 0 to 1',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
};
const LEAST_FETCHED = 20;
const FETCHED_PER_RESULT = 4;

/** Returns among how many neighbors results are chosen, and how; undefined if they are not. */
export function choiceOf(owner: string, mmr: MmrOptions | undefined, k: number, offset: number) {
  if (mmr === undefined) return undefined;
  checkOptions(`${owner}: mmr`, mmr, MMR_RULES);
  const { fetchK = Math.max(LEAST_FETCHED, k * FETCHED_PER_RESULT), lambda = 0.5 } = mmr;
  if (offset > 0) throw new InvalidArgument(`${owner}: offset is ${offset}; with mmr there is no order to skip in`);
  if (fetchK < k) throw new InvalidArgument(`${owner}: mmr has fetchK ${fetchK}; expected k (${k}) or more`);
  return { k, lambda, fetchK: k === 0 ? 0 : fetchK };
}
