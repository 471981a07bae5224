import { CorruptData } from '@kohakuvault/core-native/internal';
import { diverse } from './diversity.ts';
import { METRIC_CODES } from './metrics.ts';
import type { Neighbor } from './neighbors.ts';
import type { SearchPlan } from './search-options.ts';
import type { SearchRequest } from './search-request.ts';
import { type Found, finish, type SearchResult, type SearchSource, type Step, ValueMissing, walk } from './walk.ts';

/** How many queries look at lists before the event loop turns. */
const LISTED_TOGETHER = 16;

/** Returns the nearest vectors of each query. */
export function search<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
): SearchResult<V>[][] {
  if (plan.wanted === 0 || queries.length === 0) return queries.map(() => []);
  return isWalk(plan)
    ? // One snapshot from the start: the filter function must not see a vector twice.
      inSnapshot(source, () => queries.map((query) => walkNow(source, plan, query)))
    : consistently(source, () =>
        find(source, plan, Buffer.concat(queries), wholeStep(plan)).map((found) => resultsOf(source, plan, found)),
      );
}

/** Whether a search looks at its neighbors one by one, and chooses among them. */
function isWalk<V>({ accepts, distinctBy, choice }: SearchPlan<V>): boolean {
  return accepts !== undefined || distinctBy !== undefined || choice !== undefined;
}

function resultsOf<V>(source: SearchSource<V>, plan: SearchPlan<V>, neighbors: Neighbor[]): SearchResult<V>[] {
  return finish(source, plan, neighbors).map(({ result }) => result);
}

/** The only step of a search without a walk. */
function wholeStep<V>({ wanted, where }: SearchPlan<V>): Step {
  return { limit: wanted, where };
}

/** Searches in another thread. Values are read, and a filter function runs, on the event loop. */
export async function searchOffLoop<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  query: Buffer,
): Promise<SearchResult<V>[]> {
  plan.signal?.throwIfAborted();
  if (plan.wanted === 0) return [];
  try {
    const steps = walk(source, plan);
    let step = steps.next();
    while (!step.done) {
      const [found = []] = await findOffLoop(source, plan, [query], step.value);
      // The end of the snapshot undoes what a filter function has written.
      step = isWalk(plan) ? source.connection.snapshot(() => steps.next(found)) : steps.next(found);
    }
    const found = step.value;
    return plan.choice
      ? source.connection.snapshot(() => diversified(source, plan, query, found))
      : diversified(source, plan, query, found);
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
    // Another process deleted a result before its value was read. Search again, in one snapshot.
    return search(source, plan, [query])[0] as SearchResult<V>[];
  }
}

/** Searches for many queries in another thread. */
export async function searchManyOffLoop<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
): Promise<SearchResult<V>[][]> {
  plan.signal?.throwIfAborted();
  if (plan.wanted === 0 || queries.length === 0) return queries.map(() => []);
  if (isWalk(plan)) return Promise.all(queries.map((query) => searchOffLoop(source, plan, query)));
  try {
    const found = await findOffLoop(source, plan, queries, wholeStep(plan));
    return found.map((neighbors) => resultsOf(source, plan, neighbors));
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
    // As in `searchOffLoop`.
    return search(source, plan, queries);
  }
}

/**
 * Runs a search. If a result has no value, runs it again in one snapshot: another process may have deleted the vector
 * after the resident copy was checked. The snapshot checks the copy again.
 */
function consistently<V, T>(source: SearchSource<V>, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
  }
  return inSnapshot(source, run);
}

/** Runs a search in one snapshot, in which each vector must have its value. */
function inSnapshot<V, T>(source: SearchSource<V>, run: () => T): T {
  try {
    return source.connection.snapshot(run);
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
    throw new CorruptData(`${source.table}: ${error.message}. Restore a backup, or delete the vector`, {
      cause: error,
    });
  }
}

function requestOf<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: Buffer,
  { limit, where }: Step,
): SearchRequest {
  const candidates = plan.candidates(limit, false);
  const listCandidates = plan.candidates(limit, true);
  return {
    queries,
    metric: METRIC_CODES[plan.metric],
    limit,
    ...(plan.only && { only: plan.only }),
    ...(where && { where: { query: where, state: source.sides.state } }),
    ...(candidates !== undefined && {
      candidates,
      ...(plan.searchDimensions === undefined
        ? { lists: { ...plan.lists, candidates: listCandidates as number } }
        : { searchDimensions: plan.searchDimensions }),
    }),
  };
}

function find<V>(source: SearchSource<V>, plan: SearchPlan<V>, queries: Buffer, step: Step): Neighbor[][] {
  const { resident, residentBytes, running } = source;
  const run = () => resident.search(requestOf(source, plan, queries, step), residentBytes, running);
  return inOneState(source, plan, step, run);
}

/** Runs a search on this connection. The fields and the vectors must be of one state. */
function inOneState<V, T>({ connection }: SearchSource<V>, plan: SearchPlan<V>, step: Step, run: () => T): T {
  if (step.where || plan.only) return connection.consistently(run);
  connection.prepareRead();
  return run();
}

async function findOffLoop<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  step: Step,
): Promise<Neighbor[][]> {
  const { connection, resident, residentBytes, running } = source;
  const { signal } = plan;
  const request = requestOf(source, plan, Buffer.concat(queries), step);
  // At once, so that it sees what there is now.
  const listing = startListed(source, plan, queries, step);
  if (listing) {
    const found = await Promise.all(listing);
    connection.assertOpen();
    signal?.throwIfAborted();
    if (found.every((part) => part !== undefined)) return found.flat();
  }
  const listed = findListed(source, plan, queries, step, 0);
  if (listed) return finishListed(source, plan, queries, step, listed);
  try {
    const found = await resident.searchOffLoop({ request, count: queries.length, residentBytes, running, signal });
    // The vault may have been closed during the search.
    connection.assertOpen();
    return found;
  } finally {
    signal?.throwIfAborted();
  }
}

/**
 * Has other threads search the lists of an index, for some of many queries each. Undefined if they cannot: there is no
 * index, or only this connection sees uncommitted changes.
 */
function startListed<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  step: Step,
): Promise<Neighbor[][] | undefined>[] | undefined {
  const { connection, resident, residentBytes, running } = source;
  connection.assertOpen();
  if (connection.shared.database.inTransaction) return undefined;
  const parts: Promise<Neighbor[][] | undefined>[] = [];
  for (let start = 0; start < queries.length; start += LISTED_TOGETHER) {
    const some = Buffer.concat(queries.slice(start, start + LISTED_TOGETHER));
    const request = requestOf(source, plan, some, step);
    const part = resident.index.searchOffLoop(request, residentBytes, { running, signal: plan.signal });
    // Without an index for the first part there is none for the others.
    if (!part && start === 0) return undefined;
    parts.push(part ?? Promise.resolve(undefined));
  }
  return parts;
}

/** Searches the lists of an index for some of many queries. Undefined without an index. */
function findListed<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  step: Step,
  start: number,
): Neighbor[][] | undefined {
  const { connection, resident, residentBytes } = source;
  connection.assertOpen();
  // Later the transaction may be another one.
  const most = connection.shared.database.inTransaction ? queries.length : LISTED_TOGETHER;
  const some = Buffer.concat(queries.slice(start, start + most));
  return inOneState(source, plan, step, () =>
    resident.index.search(requestOf(source, plan, some, step), residentBytes),
  );
}

/** Searches lists for the queries that are left. The event loop turns in between: few take less time than another thread. */
async function finishListed<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  step: Step,
  first: Neighbor[][],
): Promise<Neighbor[][]> {
  const all = [...first];
  while (all.length < queries.length) {
    await new Promise((resolve) => setImmediate(resolve));
    plan.signal?.throwIfAborted();
    const found = findListed(source, plan, queries, step, all.length);
    // Without it, the index was dropped meanwhile.
    all.push(...(found ?? find(source, plan, Buffer.concat(queries.slice(all.length)), step)));
  }
  return all;
}

function walkNow<V>(source: SearchSource<V>, plan: SearchPlan<V>, query: Buffer): SearchResult<V>[] {
  const steps = walk(source, plan);
  let step = steps.next();
  while (!step.done) step = steps.next(find(source, plan, query, step.value)[0] ?? []);
  return diversified(source, plan, query, step.value);
}

/** Returns the results of a search: with `mmr`, those that are chosen among what was found. */
function diversified<V>(
  source: SearchSource<V>,
  { choice }: SearchPlan<V>,
  query: Buffer,
  found: readonly Found<V>[],
): SearchResult<V>[] {
  if (!choice) return found.map(({ result }) => result);
  const candidates = found.map(({ row, result }) => {
    const vector = source.vector(row);
    if (!vector) throw new ValueMissing(`vector ${row} does not exist any more`);
    return { result, vector };
  });
  return diverse(source.format, choice, query, candidates);
}
