import { checkId, checkOptions, describe, InvalidArgument, type RowId, rules } from '@kohakuvault/core-native/internal';
import { checkMetric, type FieldTypes, type Metric, type Where } from '@kohakuvault/vector/internal';
import type { Parameter, Session } from '../client/session.ts';
import type { VectorContext } from './vector-context.ts';
import { textOf } from './vector-text.ts';
import { conditionOf } from './where-sql.ts';

/** The options of a search, with the meaning that they have for a local vault. */
export interface PostgresSearchOptions<F extends FieldTypes = FieldTypes> {
  /** The number of results. Default 10. */
  k?: number | undefined;
  /** The metric. Default: that of the table. */
  metric?: Metric | undefined;
  /** The largest distance of a result. */
  maxDistance?: number | undefined;
  /** The number of nearest results to skip. Default 0. */
  offset?: number | undefined;
  /** The ids of the vectors to search. */
  filter?: Iterable<RowId> | undefined;
  /** Limits the search by fields: `{ year: { $gte: 2020 }, author: 'Ada' }`. */
  where?: Where<F> | undefined;
  /** 'approximate' uses the index, and may miss some results. Default 'exact'. */
  mode?: 'exact' | 'approximate' | undefined;
  /** How many candidates an approximate search takes from the index, as a multiple of the results. Default 10. */
  oversample?: number | undefined;
}

const SEARCH_RULES = {
  k: rules.wholeNumber(0),
  metric: { expected: 'the name of a metric', accepts: (value: unknown) => typeof value === 'string' },
  maxDistance: { expected: 'a number, at least 0', accepts: (value: unknown) => typeof value === 'number' },
  offset: rules.wholeNumber(0),
  filter: {
    expected: 'an iterable of ids',
    accepts: (value: unknown) => typeof value === 'object' && value !== null && Symbol.iterator in value,
  },
  where: {
    expected: 'an object of conditions',
    accepts: (value: unknown) => typeof value === 'object' && value !== null,
  },
  mode: rules.oneOf('exact', 'approximate'),
  oversample: rules.wholeNumber(1),
};

/** pgvector examines at most so many entries of its index for one search. */
const MOST_EXAMINED = 1_000;

export interface Found {
  readonly id: bigint;
  readonly distance: number;
  readonly stored: Buffer;
}

/** Checks a query and its options before the first statement. */
export function planSearch(
  owner: string,
  context: VectorContext,
  query: unknown,
  given: number | PostgresSearchOptions | undefined,
) {
  if (typeof given !== 'number' && given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new InvalidArgument(`${owner}: k is ${describe(given)}; expected a whole number, or options`);
  }
  const options: PostgresSearchOptions = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions(owner, options, SEARCH_RULES);
  const { shape } = context.options;
  const { k = 10, offset = 0, maxDistance = Number.POSITIVE_INFINITY, mode = 'exact', oversample = 10 } = options;
  const metric = options.metric === undefined ? shape.metric : checkMetric(owner, options.metric, shape.vectorType);
  if (Number.isNaN(maxDistance) || (maxDistance < 0 && metric !== 'dot')) {
    const expected = metric === 'dot' ? 'a number' : 'a number, at least 0';
    throw new InvalidArgument(`${owner} expects maxDistance to be ${expected}, got ${maxDistance}`);
  }
  if (mode === 'approximate' && metric !== shape.metric) {
    throw new InvalidArgument(
      `${owner}: an approximate search has the metric of the index, ${shape.metric}; got ${metric}`,
    );
  }
  const ids = options.filter === undefined ? undefined : Array.from(options.filter, (id) => checkId(owner, id));
  const text = textOf(shape, context.format.encodeQuery(owner, query, metric));
  return { owner, text, k, offset, maxDistance, metric, ids, where: options.where, mode, oversample };
}

type Plan = ReturnType<typeof planSearch>;

/** Runs a search: exact, in the order of distances and then of ids, or by candidates from the index. */
export async function search(context: VectorContext, plan: Plan): Promise<Found[]> {
  const { executor, sql } = context;
  const { k, offset, maxDistance, metric, oversample } = plan;
  const wanted = k + offset;
  if (k === 0) return [];
  const { conditions, parameters } = conditionsOf(context, plan);
  const distance = sql.distance(metric);
  const within = maxDistance === Number.POSITIVE_INFINITY ? [] : [`${distance} <= $${parameters.length + 1}::float8`];
  const limits: Parameter[] = within.length > 0 ? [maxDistance] : [];
  const where = (all: readonly string[]) => (all.length > 0 ? ` WHERE ${all.join(' AND ')}` : '');
  if (plan.mode === 'exact') {
    const text =
      `SELECT f.id::text, (${distance})::float8, f.value FROM ${sql.table} AS f${where([...conditions, ...within])} ` +
      `ORDER BY ${distance}, f.id DESC LIMIT $${parameters.length + limits.length + 1}::int8 ` +
      `OFFSET $${parameters.length + limits.length + 2}::int8`;
    const { rows } = await executor.read((session) => session.query(text, [...parameters, ...limits, k, offset]));
    return rows.map(foundOf);
  }
  const candidates = Math.max(50, wanted * oversample);
  const text =
    `SELECT f.id::text, (${distance})::float8, f.value FROM ${sql.table} AS f${where(conditions)} ` +
    `ORDER BY ${sql.indexedDistance(metric)} LIMIT $${parameters.length + 1}::int8`;
  const { rows } = await executor.atomically(async (session) => {
    await prepareIndex(session, candidates);
    return await session.query(text, [...parameters, candidates]);
  });
  const found = rows.map(foundOf).filter((one) => one.distance <= maxDistance);
  found.sort((a, b) => a.distance - b.distance || (a.id > b.id ? -1 : 1));
  return found.slice(offset, wanted);
}

/** Settings of one transaction: with conditions, the index is read on until there are enough results. */
async function prepareIndex(session: Session, candidates: number): Promise<void> {
  const { rows } = await session.query("SELECT count(*)::int4 FROM pg_settings WHERE name = 'hnsw.iterative_scan'");
  await session.query(`SET LOCAL hnsw.ef_search = ${Math.min(MOST_EXAMINED, candidates)}`);
  // Older versions of pgvector do not have it.
  if (rows[0]?.[0] === 1) await session.query('SET LOCAL hnsw.iterative_scan = strict_order');
  await session.query('SET LOCAL enable_seqscan = off');
}

function conditionsOf(context: VectorContext, { owner, text, ids, where }: Plan) {
  const conditions: string[] = [];
  const parameters: Parameter[] = [text];
  const condition = where === undefined ? undefined : conditionOf(owner, context.fields, where, 2);
  if (condition) {
    conditions.push(`(${condition.sql})`);
    parameters.push(...condition.parameters);
  }
  if (ids) {
    parameters.push(`{${ids.join()}}`);
    conditions.push(`f.id = ANY ($${parameters.length}::int8[])`);
  }
  return { conditions, parameters };
}

function foundOf([id, distance, stored]: readonly unknown[]): Found {
  return { id: BigInt(id as string), distance: distance as number, stored: stored as Buffer };
}
