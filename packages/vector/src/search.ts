import { CorruptData } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { METRIC_CODES } from './metrics.ts';
import type { Neighbor } from './neighbors.ts';
import type { ResidentVectors } from './resident-vectors.ts';
import type { SearchPlan } from './search-options.ts';
import type { Running } from './search-queue.ts';
import type { SearchRequest } from './search-request.ts';
import type { VectorFormat } from './vector-format.ts';

export interface SearchResult<V> {
  id: bigint;
  /** The distance: the length of the difference for L2, 1 - cos for cosine. */
  distance: number;
  value: V;
}

/** What a search needs of its vault. */
export interface SearchSource<V> {
  readonly connection: Connection;
  readonly resident: ResidentVectors;
  readonly residentBytes: number;
  readonly format: VectorFormat;
  readonly table: string;
  /** Returns the decoded value of a neighbor. Undefined if it does not exist. */
  value(neighbor: Neighbor): { value: V } | undefined;
  /** Registers what closing the vault cancels. Returns a function that ends the registration. */
  running(work: Running): () => void;
}

/** The first number of neighbors that a filter function sees, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;
/** How many queries look at lists before the event loop turns. */
const LISTED_TOGETHER = 16;

/** A vector without its value. */
class ValueMissing extends Error {}

/** Returns the nearest vectors of each query. */
export function search<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
): SearchResult<V>[][] {
  if (plan.wanted === 0 || queries.length === 0) return queries.map(() => []);
  return plan.accepts
    ? // One snapshot from the start: the filter function must not see a vector twice.
      inSnapshot(source, () => queries.map((query) => walkNow(source, plan, query)))
    : consistently(source, () =>
        find(source, plan, Buffer.concat(queries), plan.wanted).map((found) => finish(source, plan, found)),
      );
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
      step = plan.accepts ? source.connection.snapshot(() => steps.next(found)) : steps.next(found);
    }
    return step.value;
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
  if (plan.accepts) return Promise.all(queries.map((query) => searchOffLoop(source, plan, query)));
  try {
    const found = await findOffLoop(source, plan, queries, plan.wanted);
    return found.map((neighbors) => finish(source, plan, neighbors));
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

function requestOf<V>(plan: SearchPlan<V>, queries: Buffer, limit: number): SearchRequest {
  const candidates = plan.candidates(limit, false);
  const listCandidates = plan.candidates(limit, true);
  return {
    queries,
    metric: METRIC_CODES[plan.metric],
    limit,
    ...(plan.only && { only: plan.only }),
    ...(candidates !== undefined && { candidates, lists: { ...plan.lists, candidates: listCandidates as number } }),
  };
}

function find<V>(source: SearchSource<V>, plan: SearchPlan<V>, queries: Buffer, limit: number): Neighbor[][] {
  const { connection, resident, residentBytes, running } = source;
  connection.prepareRead();
  return resident.search(requestOf(plan, queries, limit), residentBytes, running);
}

async function findOffLoop<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  limit: number,
): Promise<Neighbor[][]> {
  const { connection, resident, residentBytes, running } = source;
  const { signal } = plan;
  const request = requestOf(plan, Buffer.concat(queries), limit);
  // At once, so that it sees what there is now.
  const listed = findListed(source, plan, queries, limit, 0);
  if (listed) return finishListed(source, plan, queries, limit, listed);
  try {
    const found = await resident.searchOffLoop({ request, count: queries.length, residentBytes, running, signal });
    // The vault may have been closed during the search.
    connection.assertOpen();
    return found;
  } finally {
    signal?.throwIfAborted();
  }
}

/** Searches the lists of an index for some of many queries. Undefined without an index. */
function findListed<V>(
  { connection, resident, residentBytes }: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  limit: number,
  start: number,
): Neighbor[][] | undefined {
  connection.assertOpen();
  // Later the transaction may be another one.
  const most = connection.shared.database.inTransaction ? queries.length : LISTED_TOGETHER;
  return resident.index.search(
    requestOf(plan, Buffer.concat(queries.slice(start, start + most)), limit),
    residentBytes,
  );
}

/** Searches lists for the queries that are left. The event loop turns in between: few take less time than another thread. */
async function finishListed<V>(
  source: SearchSource<V>,
  plan: SearchPlan<V>,
  queries: readonly Buffer[],
  limit: number,
  first: Neighbor[][],
): Promise<Neighbor[][]> {
  const all = [...first];
  while (all.length < queries.length) {
    await new Promise((resolve) => setImmediate(resolve));
    plan.signal?.throwIfAborted();
    const found = findListed(source, plan, queries, limit, all.length);
    // Without it, the index was dropped meanwhile.
    all.push(...(found ?? find(source, plan, Buffer.concat(queries.slice(all.length)), limit)));
  }
  return all;
}

function walkNow<V>(source: SearchSource<V>, plan: SearchPlan<V>, query: Buffer): SearchResult<V>[] {
  const steps = walk(source, plan);
  let step = steps.next();
  while (!step.done) step = steps.next(find(source, plan, query, step.value)[0] ?? []);
  return step.value;
}

/**
 * Asks for the nearest vectors, and for more of them until a filter function has accepted enough. The results are
 * exactly the k nearest that it accepts.
 */
function* walk<V>(source: SearchSource<V>, plan: SearchPlan<V>): Generator<number, SearchResult<V>[], Neighbor[]> {
  const { accepts, wanted } = plan;
  if (!accepts) return finish(source, plan, yield wanted);
  const accepted: SearchResult<V>[] = [];
  let seen = 0;
  for (let batch = Math.max(FIRST_BATCH, wanted * GROWTH); ; batch *= GROWTH) {
    const found: Neighbor[] = yield Math.min(batch, Number.MAX_SAFE_INTEGER);
    for (; seen < found.length; seen++) {
      const neighbor = found[seen] as Neighbor;
      if (neighbor.distance > plan.maxDistance) return accepted.slice(plan.offset);
      const result = resultOf(source, neighbor);
      if (!source.connection.withoutWrites(() => accepts(result.id, result.value))) continue;
      accepted.push(result);
      if (accepted.length === wanted) return accepted.slice(plan.offset);
    }
    if (found.length < batch) return accepted.slice(plan.offset);
  }
}

function finish<V>(source: SearchSource<V>, plan: SearchPlan<V>, found: Neighbor[]): SearchResult<V>[] {
  const results: SearchResult<V>[] = [];
  for (let index = plan.offset; index < found.length; index++) {
    const neighbor = found[index] as Neighbor;
    if (neighbor.distance > plan.maxDistance) break;
    results.push(resultOf(source, neighbor));
  }
  return results;
}

function resultOf<V>(source: SearchSource<V>, neighbor: Neighbor): SearchResult<V> {
  const found = source.value(neighbor);
  if (!found) throw new ValueMissing(`vector ${neighbor.id} has no value (id ${neighbor.valueId})`);
  return { id: neighbor.id, distance: neighbor.distance, value: found.value };
}
