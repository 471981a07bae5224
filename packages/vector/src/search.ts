import { CorruptData } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { METRIC_CODES } from './metrics.ts';
import type { Neighbour } from './neighbours.ts';
import type { Cancel, Request, Resident } from './resident.ts';
import type { Plan } from './search-options.ts';
import type { VectorFormat } from './vector-format.ts';

export interface SearchResult<V> {
  id: bigint;
  /** How far it is: L2 is the length of the difference, cosine 1 - cos. */
  distance: number;
  value: V;
}

/** What searches look in. */
export interface SearchSource<V> {
  readonly connection: Connection;
  readonly resident: Resident;
  readonly residentBytes: number;
  readonly format: VectorFormat;
  readonly table: string;
  /** The decoded value of this id; undefined where there is none. */
  value(neighbour: Neighbour): { value: V } | undefined;
  /** Has a search off the event loop cancelled when the vault closes, until the function returned is called. */
  running(search: Cancel): () => void;
}

/** How many neighbours are looked through at first where a function chooses among them, and by how much that grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;

/** A value that belongs to a vector was not there. */
class ValueMissing extends Error {}

/** The nearest of each query. */
export function search<V>(source: SearchSource<V>, plan: Plan<V>, queries: readonly Buffer[]): SearchResult<V>[][] {
  if (plan.wanted === 0 || queries.length === 0) return queries.map(() => []);
  return plan.accepts
    ? // In one state of the file from the start, so that the function is not called again for what it has seen.
      inSnapshot(source, () => queries.map((query) => walkNow(source, plan, query)))
    : consistently(source, () =>
        find(source, plan, Buffer.concat(queries), plan.wanted).map((found) => finish(source, plan, found)),
      );
}

/** The same in another thread; values are read, and a function chooses, on the event loop. */
export async function searchOffLoop<V>(
  source: SearchSource<V>,
  plan: Plan<V>,
  query: Buffer,
): Promise<SearchResult<V>[]> {
  plan.signal?.throwIfAborted();
  if (plan.wanted === 0) return [];
  try {
    const steps = walk(source, plan);
    let step = steps.next();
    while (!step.done) {
      const found = await findOffLoop(source, plan, query, step.value);
      // With the snapshot ends what a function has written that must not write.
      step = plan.accepts ? source.connection.snapshot(() => steps.next(found)) : steps.next(found);
    }
    return step.value;
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
    // Somebody deleted what was found before its value was read: once more, from one state of the file.
    return search(source, plan, [query])[0] as SearchResult<V>[];
  }
}

/**
 * Runs a search, and where a vector that was found has no value a second time, in one snapshot of the file:
 * another process may have deleted it after the resident copy was found to be fresh. The snapshot looks at that again.
 */
function consistently<V, T>(source: SearchSource<V>, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ValueMissing)) throw error;
  }
  return inSnapshot(source, run);
}

/** Runs a search in one state of the file, where each vector must have its value. */
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

function requestOf<V>(plan: Plan<V>, queries: Buffer, limit: number): Request {
  const candidates = plan.candidates(limit);
  return {
    queries,
    metric: METRIC_CODES[plan.metric],
    limit,
    ...(plan.only && { only: plan.only }),
    ...(candidates !== undefined && { candidates }),
  };
}

function find<V>(source: SearchSource<V>, plan: Plan<V>, queries: Buffer, limit: number): Neighbour[][] {
  const { connection, resident, residentBytes } = source;
  connection.prepareRead();
  return resident.search(requestOf(plan, queries, limit), residentBytes);
}

async function findOffLoop<V>(
  source: SearchSource<V>,
  plan: Plan<V>,
  query: Buffer,
  limit: number,
): Promise<Neighbour[]> {
  const { connection, resident, residentBytes } = source;
  const { signal } = plan;
  const running = (flag: Cancel) => {
    const ended = source.running(flag);
    const abort = () => flag.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    return () => {
      signal?.removeEventListener('abort', abort);
      ended();
    };
  };
  try {
    const found = await resident.searchOffLoop(requestOf(plan, query, limit), residentBytes, running);
    connection.assertOpen();
    return found[0] ?? [];
  } finally {
    signal?.throwIfAborted();
  }
}

function walkNow<V>(source: SearchSource<V>, plan: Plan<V>, query: Buffer): SearchResult<V>[] {
  const steps = walk(source, plan);
  let step = steps.next();
  while (!step.done) step = steps.next(find(source, plan, query, step.value)[0] ?? []);
  return step.value;
}

/**
 * Asks for the nearest so many, and for more of them until a function has accepted as many as are wanted: exactly the k
 * nearest that it accepts, however far that leads.
 */
function* walk<V>(source: SearchSource<V>, plan: Plan<V>): Generator<number, SearchResult<V>[], Neighbour[]> {
  const { accepts, wanted } = plan;
  if (!accepts) return finish(source, plan, yield wanted);
  const accepted: SearchResult<V>[] = [];
  let seen = 0;
  for (let batch = Math.max(FIRST_BATCH, wanted * GROWTH); ; batch *= GROWTH) {
    const found: Neighbour[] = yield Math.min(batch, Number.MAX_SAFE_INTEGER);
    for (; seen < found.length; seen++) {
      const neighbour = found[seen] as Neighbour;
      if (neighbour.distance > plan.maxDistance) return accepted.slice(plan.offset);
      const result = resultOf(source, neighbour);
      if (!source.connection.withoutWrites(() => accepts(result.id, result.value))) continue;
      accepted.push(result);
      if (accepted.length === wanted) return accepted.slice(plan.offset);
    }
    if (found.length < batch) return accepted.slice(plan.offset);
  }
}

function finish<V>(source: SearchSource<V>, plan: Plan<V>, found: Neighbour[]): SearchResult<V>[] {
  const results: SearchResult<V>[] = [];
  for (let index = plan.offset; index < found.length; index++) {
    const neighbour = found[index] as Neighbour;
    if (neighbour.distance > plan.maxDistance) break;
    results.push(resultOf(source, neighbour));
  }
  return results;
}

function resultOf<V>(source: SearchSource<V>, neighbour: Neighbour): SearchResult<V> {
  const found = source.value(neighbour);
  if (!found) throw new ValueMissing(`the vector ${neighbour.id} has no value ${neighbour.valueId}`);
  return { id: neighbour.id, distance: neighbour.distance, value: found.value };
}
