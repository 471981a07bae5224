import {
  ALL_IDS,
  describe,
  type IdRange,
  InvalidArgument,
  type ResolvedIds,
  resolveIds,
} from '@kohakuvault/core-native/internal';
import type { VectorContext } from './vector-context.ts';

/** Resolves a range of ids to numbers. Those of ids that are text are known to the server only. */
export async function numbersOf(
  owner: string,
  context: VectorContext,
  range: IdRange<unknown> | undefined,
): Promise<ResolvedIds> {
  if (range === undefined) return ALL_IDS;
  const { executor, sql, ids } = context;
  const numbers = new Map<unknown, bigint>();
  if (ids.kind === 'str') {
    for (const id of [range.gt, range.gte, range.lt, range.lte]) {
      if (id === undefined) continue;
      const checked = ids.check(owner, id);
      const { rows } = await executor.read((session) => session.query(sql.number, [ids.parameter(checked)]));
      if (rows[0]) numbers.set(id, BigInt(rows[0][0] as string));
    }
  }
  return resolveIds(owner, range, (id) => {
    const checked = ids.check(owner, id);
    const number = typeof checked === 'bigint' ? checked : numbers.get(id);
    if (number !== undefined) return number;
    throw new InvalidArgument(`${owner}: there is no vector with the id ${describe(id)}`);
  });
}
