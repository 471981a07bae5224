import { refusePromise } from '@kohakuvault/core-native/internal';
import { diverse } from '@kohakuvault/vector/internal';
import type { Parameter, Session } from '../client/session.ts';
import { withSettings } from '../execution/settings.ts';
import type { Query, SearchPlan } from './search-plan.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { bytesOf } from './vector-text.ts';
import { conditionOf, fieldCast, fieldColumn } from './where-sql.ts';

/** pgvector examines at most so many entries of its index for one search. */
const MOST_EXAMINED = 1_000;
/** The first number of neighbors that are looked at one by one, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;
/** With more groups than this, those that were found are passed over here instead of by the server. */
const MOST_EXCLUDED = 1_000;
/** The largest limit that is written into a statement: each is a statement of its own, which a connection keeps. */
const MOST_WRITTEN = 100;
/** The least number of candidates; fewer would not be faster. */
const LEAST_CANDIDATES = 50;

/** A vector that was found. */
export interface Found {
  readonly id: VectorId;
  readonly distance: number;
  readonly stored: Buffer;
}

/** A neighbor as a statement returns it. */
interface Neighbor extends Found {
  readonly number: bigint;
  /** The field that tells groups apart, and the vector, if they were asked for. */
  readonly group: string | null;
  readonly vector: string;
}

/** Makes the value of a vector. */
export type DecodeValue = (stored: Buffer, id: VectorId) => unknown;

/** Runs a search for some queries, and returns what each has found. */
export async function search(
  context: VectorContext,
  plan: SearchPlan,
  queries: readonly Query[],
  decode: DecodeValue,
): Promise<Found[][]> {
  if (plan.wanted === 0 || queries.length === 0) return queries.map(() => []);
  const run = async (session: Session) => {
    const all: Found[][] = [];
    for (const query of queries) all.push(await new Search(context, plan, query, session).run(decode));
    return all;
  };
  const { executor } = context;
  const isOneStatement = plan.isExact && queries.length === 1 && !plan.accepts && plan.distinctBy === undefined;
  if (isOneStatement) return await executor.read(run);
  return await executor.consistently((session) => (plan.isExact ? run(session) : withIndex(session, plan, run)));
}

/** One search. Neighbors are ordered by their distances, and then newest first. */
class Search {
  readonly #context: VectorContext;
  readonly #plan: SearchPlan;
  readonly #query: Query;
  readonly #session: Session;

  constructor(context: VectorContext, plan: SearchPlan, query: Query, session: Session) {
    this.#context = context;
    this.#plan = plan;
    this.#query = query;
    this.#session = session;
  }

  async run(decode: DecodeValue): Promise<Found[]> {
    const { choice, offset, accepts, distinctBy } = this.#plan;
    const isWalk = accepts !== undefined || distinctBy !== undefined;
    const found = isWalk ? await this.#walk(decode) : await this.#neighbors(this.#plan.wanted, []);
    if (!choice) return found.slice(offset);
    const { format, options } = this.#context;
    const candidates = found.map((one) => {
      return { result: one, vector: format.decode(bytesOf(options.shape, format, one.vector)) };
    });
    return diverse(format, choice, this.#query.bytes, candidates);
  }

  /**
   * Asks for the nearest vectors, and for more of them until enough were accepted. Those of groups that were found are
   * left out from then on.
   */
  async #walk(decode: DecodeValue): Promise<Neighbor[]> {
    const { wanted, distinctBy, isExact, signal } = this.#plan;
    const results: Neighbor[] = [];
    const groups = new Set<string>();
    const seen = new Set<bigint>();
    for (let batch = Math.max(FIRST_BATCH, wanted * GROWTH); ; batch *= GROWTH) {
      const limit = batch + (distinctBy === undefined ? 0 : seen.size);
      const excluded = groups.size <= MOST_EXCLUDED ? [...groups] : [];
      const neighbors = await this.#neighbors(limit, excluded);
      for (const neighbor of neighbors) {
        const { number, group } = neighbor;
        if (seen.has(number) || (group !== null && groups.has(group))) continue;
        seen.add(number);
        signal?.throwIfAborted();
        // If it is refused, another one of its group may be accepted.
        if (!this.#accepts(neighbor, decode)) continue;
        if (group !== null) groups.add(group);
        results.push(neighbor);
        if (results.length === wanted) break;
      }
      if (results.length < wanted && neighbors.length >= limit) continue;
      // Approximate steps may find a nearer vector later.
      return isExact ? results : results.sort(inOrder);
    }
  }

  #accepts({ id, stored }: Found, decode: DecodeValue): boolean {
    const { accepts } = this.#plan;
    return accepts === undefined || refusePromise('filter', accepts(id as never, decode(stored, id) as never));
  }

  async #neighbors(wanted: number, excluded: readonly string[]): Promise<Neighbor[]> {
    const { sql } = this.#context;
    const { maxDistance, metric, isExact, oversample } = this.#plan;
    const { conditions, parameters } = this.#conditions(excluded);
    const distance = sql.distance(metric);
    const add = (parameter: Parameter) => `$${parameters.push(parameter)}`;
    // The server keeps the plan of a statement whose limit it knows. Otherwise it makes one for each search.
    const limit = (count: number) => (count <= MOST_WRITTEN ? String(count) : `${add(count)}::int8`);
    if (isExact) {
      if (maxDistance !== Number.POSITIVE_INFINITY) conditions.push(`${distance} <= ${add(maxDistance)}::float8`);
      const inner = `${whereOf(conditions)} ORDER BY ${distance}, f.id DESC LIMIT ${limit(wanted)}`;
      // The inner order again, which costs nothing more: that of a subquery is not promised to stay.
      return await this.#select({ inner, order: ' ORDER BY n.distance, n.id DESC' }, parameters, excluded.length > 0);
    }
    const candidates = Math.max(LEAST_CANDIDATES, wanted * oversample);
    const inner = `${whereOf(conditions)} ORDER BY ${sql.indexedDistance(metric)} LIMIT ${limit(candidates)}`;
    const found = await this.#select({ inner, order: '' }, parameters, excluded.length > 0);
    const near = found.filter((one) => one.distance <= maxDistance);
    return near.sort(inOrder).slice(0, wanted);
  }

  /**
   * Runs the inner statement, which finds rows. What they hold becomes text outside of it: the server would else do that for
   * every row that it compares.
   */
  async #select(
    { inner, order }: { inner: string; order: string },
    parameters: readonly Parameter[],
    isUnlikeOthers: boolean,
  ): Promise<Neighbor[]> {
    const { sql, ids } = this.#context;
    const { metric, distinctBy, choice } = this.#plan;
    // As few columns as there can be: a sort copies all of them, of each row.
    const columns = ['f.id', `${sql.distance(metric)} AS distance`, 'f.value'];
    if (ids.kind === 'str') columns.push(`f.${ids.column}`);
    if (distinctBy !== undefined) columns.push(`f.${fieldColumn(distinctBy)} AS kin`);
    if (choice) columns.push('f.vector');
    const text =
      `SELECT n.${ids.column}::text, ${ids.kind === 'str' ? 'n.id::text' : 'NULL'}, n.distance::float8, n.value, ` +
      `${distinctBy === undefined ? 'NULL' : 'n.kin::text'}, ${choice ? 'n.vector::text' : 'NULL'} ` +
      `FROM (SELECT ${columns.join(', ')} FROM ${sql.table} AS f${inner}) AS n${order}`;
    const { rows } = await this.#session.query(text, parameters, isUnlikeOthers ? 'once' : undefined);
    return rows.map(([own, number, distance, stored, group, vector]) => {
      const id = ids.read(own);
      return {
        id,
        number: typeof id === 'bigint' ? id : BigInt(number as string),
        distance: distance as number,
        stored: stored as Buffer,
        group: group as string | null,
        vector: vector as string,
      };
    });
  }

  /** The first parameter is the query. */
  #conditions(excluded: readonly string[]): { conditions: string[]; parameters: Parameter[] } {
    const { fields, ids } = this.#context;
    const { owner, where, only, distinctBy } = this.#plan;
    const conditions: string[] = [];
    const parameters: Parameter[] = [this.#query.parameter];
    const condition = where === undefined ? undefined : conditionOf(owner, fields, where, 2);
    if (condition) {
      conditions.push(`(${condition.sql})`);
      parameters.push(...condition.parameters);
    }
    if (only) {
      parameters.push(ids.list(only));
      conditions.push(`f.${ids.column} = ANY ($${parameters.length}::${ids.type}[])`);
    }
    if (distinctBy !== undefined && excluded.length > 0) {
      const column = `f.${fieldColumn(distinctBy)}`;
      const cast = fieldCast(fields[distinctBy] as 'i64');
      const list = excluded.map((group) => `$${parameters.push(group)}${cast}`);
      conditions.push(`(${column} IS NULL OR ${column} NOT IN (${list.join(', ')}))`);
    }
    return { conditions, parameters };
  }
}

/** Runs a search with the settings by which it uses the index, and goes on in it until there are enough results. */
async function withIndex<T>(session: Session, plan: SearchPlan, run: (session: Session) => Promise<T>): Promise<T> {
  const candidates = Math.max(LEAST_CANDIDATES, plan.wanted * plan.oversample);
  // Its first use makes the server load pgvector, and know its settings.
  await session.query("SELECT '[1]'::vector");
  const settings = {
    'hnsw.ef_search': String(Math.min(MOST_EXAMINED, candidates)),
    'hnsw.iterative_scan': 'strict_order',
    enable_seqscan: 'off',
  };
  return await withSettings(session, settings, () => run(session));
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
}

function inOrder(a: Neighbor, b: Neighbor): number {
  return a.distance - b.distance || (a.number > b.number ? -1 : 1);
}
