import { InvalidArgument } from '../errors/errors.ts';
import { checkId, GREATEST_ID, LEAST_ID, type RowId } from './ids.ts';
import { checkOptions, type OptionRule, rules } from './options.ts';

/** Selects ids, and their order. An id must meet every condition. */
export interface IdRange<Id = RowId> {
  gt?: Id | undefined;
  gte?: Id | undefined;
  lt?: Id | undefined;
  lte?: Id | undefined;
  /** Whether ids come from the greatest to the least. Default false. */
  reverse?: boolean | undefined;
  /** The largest number of ids. */
  limit?: number | undefined;
}

/** The least and the greatest id of a range, both inclusive. Without ids, the first is greater. */
export interface ResolvedIds {
  readonly first: bigint;
  readonly last: bigint;
  readonly reverse: boolean;
  readonly limit: number;
}

export const ALL_IDS: ResolvedIds = {
  first: LEAST_ID,
  last: GREATEST_ID,
  reverse: false,
  limit: Number.MAX_SAFE_INTEGER,
};

// Ids are checked when they are resolved, with the message of ids.ts.
const id: OptionRule = { expected: 'an id', accepts: () => true };
const RULES = { gt: id, gte: id, lt: id, lte: id, reverse: rules.boolean, limit: rules.wholeNumber(0) };

/** Resolves a range of the ids of rows, or of other ids: then `rowOf` returns the row of an id, or throws. */
export function resolveIds(owner: string, range: IdRange | undefined): ResolvedIds;
export function resolveIds<Id>(owner: string, range: IdRange<Id> | undefined, rowOf: (id: Id) => bigint): ResolvedIds;
export function resolveIds(
  owner: string,
  range: IdRange | undefined,
  rowOf: (id: RowId) => bigint = (id) => checkId(owner, id),
): ResolvedIds {
  checkOptions(owner, range, RULES);
  const { gt, gte, lt, lte, reverse = false, limit = Number.MAX_SAFE_INTEGER } = range ?? {};
  if (gt !== undefined && gte !== undefined) throw new InvalidArgument(`${owner} got gt and gte; give one of them`);
  if (lt !== undefined && lte !== undefined) throw new InvalidArgument(`${owner} got lt and lte; give one of them`);
  const from = gt ?? gte;
  const to = lt ?? lte;
  return {
    first: from === undefined ? LEAST_ID : rowOf(from) + (gt === undefined ? 0n : 1n),
    last: to === undefined ? GREATEST_ID : rowOf(to) - (lt === undefined ? 0n : 1n),
    reverse,
    limit,
  };
}

/** Returns what is left of a range after an id. */
export function idsAfter(range: ResolvedIds, id: bigint): ResolvedIds {
  const limit = range.limit - 1;
  return range.reverse ? { ...range, last: id - 1n, limit } : { ...range, first: id + 1n, limit };
}
