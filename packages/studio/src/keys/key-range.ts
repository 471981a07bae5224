import type { KeyRange } from '@kohakuvault/kvault';
import type { Params } from '../api/params.ts';

import { keyOf } from './key-ref.ts';

const ENDS = ['prefix', 'gte', 'gt', 'lte', 'lt'] as const;

/** A range whose keys are bytes. */
export type ByteRange = { -readonly [End in (typeof ENDS)[number]]?: Buffer };

/** Returns the range of keys that a request asks for. */
export function rangeOf(params: Params): ByteRange {
  return rangeOfQuery(Object.fromEntries(ENDS.map((end) => [end, params.optionalText(end)])));
}

/** Returns the same of a range in a body. */
export function rangeOfQuery(query: { readonly [End in (typeof ENDS)[number]]?: unknown }): ByteRange {
  const range: ByteRange = {};
  for (const end of ENDS) {
    const ref = query[end];
    if (ref !== undefined) range[end] = keyOf(String(ref), end);
  }
  return range;
}

/** Returns a range that begins, or ends with `reverse`, behind a place. */
export function after(range: ByteRange, place: { gt: Buffer } | { gte: Buffer } | { lt: Buffer }): KeyRange {
  const { gt, gte, lt, lte, ...others } = range;
  if ('lt' in place) return { ...others, ...lower(gt, gte), ...place };
  return { ...others, ...place, ...(lt ? { lt } : lte ? { lte } : {}) };
}

function lower(gt: Buffer | undefined, gte: Buffer | undefined): KeyRange {
  if (gt) return { gt };
  return gte ? { gte } : {};
}
