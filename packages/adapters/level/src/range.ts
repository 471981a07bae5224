import type { KeyRange } from '@kohakuvault/kvault';
import { compareKeys, type Format } from './formats.ts';

/** The options of a range, as abstract-level passes them: encoded, with -1 for no limit. */
export interface LevelRange {
  readonly gt?: Format | undefined;
  readonly gte?: Format | undefined;
  readonly lt?: Format | undefined;
  readonly lte?: Format | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** Returns the range in the words of a vault. If both are given, `gte` and `lte` count, as in abstract-level. */
export function keyRangeOf({ gt, gte, lt, lte, reverse, limit = -1 }: LevelRange): KeyRange {
  const range: KeyRange = { reverse };
  if (gte !== undefined) range.gte = gte;
  else if (gt !== undefined) range.gt = gt;
  if (lte !== undefined) range.lte = lte;
  else if (lt !== undefined) range.lt = lt;
  if (limit >= 0) range.limit = limit;
  return range;
}

/** Returns the rest of a range from a key on, in its order; undefined if the key is outside. */
export function rangeFrom(range: KeyRange, key: Format): KeyRange | undefined {
  if (!liesIn(range, key)) return undefined;
  const { gt, gte, lt, lte, ...others } = range;
  return range.reverse
    ? { ...others, ...(gte === undefined ? { gt } : { gte }), lte: key }
    : { ...others, ...(lte === undefined ? { lt } : { lte }), gte: key };
}

function liesIn({ gt, gte, lt, lte }: KeyRange, key: Format): boolean {
  if (gte !== undefined && compareKeys(key, gte) < 0) return false;
  if (gt !== undefined && compareKeys(key, gt) <= 0) return false;
  if (lte !== undefined && compareKeys(key, lte) > 0) return false;
  return lt === undefined || compareKeys(key, lt) < 0;
}
