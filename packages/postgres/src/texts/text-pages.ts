import { ALL_IDS, type IdRange, type ResolvedIds, resolveIds } from '@kohakuvault/core-native/internal';
import type { TextContext } from './text-context.ts';

const PAGE = 128;

/** Yields the ids, or the whole rows, of the documents in a range, page by page. */
export async function* textPages(
  context: TextContext,
  what: 'keys' | 'entries',
  range: IdRange | undefined,
): AsyncGenerator<readonly unknown[], void, undefined> {
  let rest: ResolvedIds = range === undefined ? ALL_IDS : resolveIds(what, range);
  await context.ready();
  const { executor, sql } = context;
  const [forwards, backwards] = what === 'keys' ? [sql.ids, sql.idsBackwards] : [sql.page, sql.pageBackwards];
  while (rest.limit > 0 && rest.first <= rest.last) {
    const limit = Math.min(PAGE, rest.limit);
    const parameters = [String(rest.first), String(rest.last), limit];
    const { rows } = await executor.read((session) => session.query(rest.reverse ? backwards : forwards, parameters));
    yield* rows;
    const last = rows.at(-1)?.[0];
    if (last === undefined || rows.length < limit) return;
    const id = BigInt(last as string);
    rest = { ...rest, limit: rest.limit - rows.length, ...(rest.reverse ? { last: id - 1n } : { first: id + 1n }) };
  }
}
