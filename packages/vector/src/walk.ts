import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { Neighbor } from './neighbors.ts';
import type { ResidentVectors } from './resident-vectors.ts';
import type { SearchPlan } from './search-options.ts';
import type { Running } from './search-queue.ts';
import type { SideTables } from './side-tables.ts';
import type { StoredVector, VectorFormat } from './vector-format.ts';
import { type WhereQuery, withoutValues } from './where.ts';

export interface SearchResult<V, Id = bigint> {
  id: Id;
  /** The distance: the length of the difference for L2, 1 - cos for cosine, the negative of the product for dot. */
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
  readonly sides: SideTables;
  /** Returns the decoded value of a neighbor. Undefined if it does not exist. */
  value(neighbor: Neighbor): { value: V } | undefined;
  /** Returns a stored vector. Undefined if it does not exist. */
  vector(row: bigint): StoredVector | undefined;
  /** Registers what closing the vault cancels. Returns a function that ends the registration. */
  running(work: Running): () => void;
}

/** A search of the core that a walk asks for: how many neighbors, and what they must meet. */
export interface Step {
  readonly limit: number;
  readonly where: WhereQuery | undefined;
}

/** The steps of a search. Each gets the neighbors that it asked for. */
type Walk<V> = Generator<Step, Found<V>[], Neighbor[]>;

/** A result, and the row of its vector. */
export interface Found<V> {
  readonly row: bigint;
  readonly result: SearchResult<V>;
}

/** The first number of neighbors that a walk looks at, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;
/** With more groups than this, those that were found are passed over here instead of in the core. */
const MOST_EXCLUDED = 1_000;

/** A vector without its value. */
export class ValueMissing extends Error {}

/**
 * Asks for the nearest vectors, and for more of them until enough were accepted. The results are exactly the nearest
 * that the filter function accepts, and that are the nearest of their groups.
 */
export function walk<V>(source: SearchSource<V>, plan: SearchPlan<V>): Walk<V> {
  if (plan.distinctBy !== undefined) return distinct(source, plan, plan.distinctBy);
  return plan.accepts ? accepted(source, plan) : direct(source, plan);
}

function* direct<V>(source: SearchSource<V>, plan: SearchPlan<V>): Walk<V> {
  return finish(source, plan, yield { limit: plan.wanted, where: plan.where });
}

function* accepted<V>(source: SearchSource<V>, plan: SearchPlan<V>): Walk<V> {
  const { wanted, where } = plan;
  const results: Found<V>[] = [];
  let seen = 0;
  for (let batch = Math.max(FIRST_BATCH, wanted * GROWTH); ; batch *= GROWTH) {
    const neighbors: Neighbor[] = yield { limit: Math.min(batch, Number.MAX_SAFE_INTEGER), where };
    for (; seen < neighbors.length; seen++) {
      const neighbor = neighbors[seen] as Neighbor;
      if (neighbor.distance > plan.maxDistance) return results.slice(plan.offset);
      const found = foundOf(source, neighbor);
      if (!isAccepted(source, plan, found)) continue;
      results.push(found);
      if (results.length === wanted) return results.slice(plan.offset);
    }
    if (neighbors.length < batch) return results.slice(plan.offset);
  }
}

/** After each step, vectors of the groups that were found are left out, so that the next one finds others. */
function* distinct<V>(source: SearchSource<V>, plan: SearchPlan<V>, field: string): Walk<V> {
  const results: Found<V>[] = [];
  const groups = new Set<bigint | number | string>();
  /** The vectors that were looked at. The next step may return some of them again. */
  const seen = new Set<bigint>();
  let { where } = plan;
  let batch = Math.max(FIRST_BATCH, plan.wanted * GROWTH);
  let limit = batch;
  for (;;) {
    const neighbors: Neighbor[] = yield { limit, where };
    for (const neighbor of neighbors) {
      if (neighbor.distance > plan.maxDistance) return inOrder(plan, results);
      const group = source.sides.field(neighbor.id, field);
      if (seen.has(neighbor.id) || (group !== undefined && groups.has(group))) continue;
      seen.add(neighbor.id);
      const found = foundOf(source, neighbor);
      // If it is refused, another one of its group may be accepted.
      if (!isAccepted(source, plan, found)) continue;
      if (group !== undefined) groups.add(group);
      results.push(found);
      if (results.length === plan.wanted) return inOrder(plan, results);
    }
    if (neighbors.length < limit) return inOrder(plan, results);
    batch *= GROWTH;
    limit = Math.min(batch + seen.size, Number.MAX_SAFE_INTEGER);
    const excludes = groups.size > 0 && groups.size <= MOST_EXCLUDED;
    where = excludes ? withoutValues(source.table, plan.where, field, [...groups]) : plan.where;
  }
}

/** Returns the results that are not skipped. Approximate steps may find a nearer vector later. */
function inOrder<V>(plan: SearchPlan<V>, results: Found<V>[]): Found<V>[] {
  const isSorted = plan.candidates(1, false) === undefined;
  const sorted = isSorted ? results : results.sort((a, b) => a.result.distance - b.result.distance);
  return sorted.slice(plan.offset);
}

function isAccepted<V>(source: SearchSource<V>, { accepts }: SearchPlan<V>, { result }: Found<V>): boolean {
  return accepts === undefined || source.connection.withoutWrites(() => accepts(result.id as never, result.value));
}

/** Returns what a search without a walk has found. */
export function finish<V>(source: SearchSource<V>, plan: SearchPlan<V>, neighbors: Neighbor[]): Found<V>[] {
  const results: Found<V>[] = [];
  for (let index = plan.offset; index < neighbors.length; index++) {
    const neighbor = neighbors[index] as Neighbor;
    if (neighbor.distance > plan.maxDistance) break;
    results.push(foundOf(source, neighbor));
  }
  return results;
}

function foundOf<V>(source: SearchSource<V>, neighbor: Neighbor): Found<V> {
  const { id: row, distance } = neighbor;
  const found = source.value(neighbor);
  if (!found) throw new ValueMissing(`vector ${row} has no value (id ${neighbor.valueId})`);
  // The vault's types say which kind of id its table has.
  return { row, result: { id: source.sides.ids.idOf(row) as bigint, distance, value: found.value } };
}
