import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { VectorLike } from '@kohakuvault/vector';
import { bodyRules, checkBody } from '../api/body.ts';
import type { RecallResult, VectorSearchRequest, VectorSearchResult } from '../api/types.ts';
import type { AnyVectors, VaultFile } from '../file/vault-file.ts';
import type { TaskContext } from '../work/task.ts';
import { elementsOf, idOf, valuedRow } from './vector-tables.ts';

/** Returns a vector for each text. */
export type Embed = (texts: string[], table: string) => readonly VectorLike[] | Promise<readonly VectorLike[]>;

const K = 10;
const MOST = 1_000;

const RULES = {
  table: bodyRules.text,
  vector: bodyRules.numbers,
  id: bodyRules.text,
  text: bodyRules.text,
  k: bodyRules.whole(1, MOST),
  where: bodyRules.object,
  mode: bodyRules.oneOf('exact', 'approximate'),
  metric: bodyRules.text,
  maxDistance: bodyRules.number,
};

/** Searches by a vector, by a row, or by a text. It ends when the signal is aborted. */
export async function vectorSearch(
  file: VaultFile,
  body: unknown,
  { embed, signal }: { embed: Embed | undefined; signal: AbortSignal },
): Promise<VectorSearchResult> {
  const request = checkBody<VectorSearchRequest>('search', body, RULES, ['table']);
  const { table, k = K, where, mode, metric, maxDistance, id } = request;
  const began = performance.now();
  const valued = file.vectors(table);
  const query = await queryOf(valued.vault, request, embed);
  const found = await valued.vault.searchAsync(query, {
    // The row itself is the nearest to itself, and no answer.
    k: id === undefined ? k : k + 1,
    signal,
    ...(where && { where }),
    ...(mode && { mode }),
    ...(metric && { metric: metric as 'cosine' }),
    ...(maxDistance !== undefined && { maxDistance }),
  });
  const results = found.filter((one) => id === undefined || String(one.id) !== id).slice(0, k);
  return {
    results: results.map((one) => ({ ...valuedRow(valued, one.id, one.value, true), distance: one.distance })),
    ms: performance.now() - began,
  };
}

async function queryOf(vault: AnyVectors, request: VectorSearchRequest, embed: Embed | undefined): Promise<VectorLike> {
  const { table, vector, id, text } = request;
  const given = [vector, id, text].filter((one) => one !== undefined).length;
  if (given !== 1) throw new InvalidArgument(`search: ${given} of vector, id and text are given; expected one of them`);
  if (id !== undefined) {
    const found = vault.getById(idOf(vault, id) as never);
    if (!found) throw new NotFound(`${table} has no vector with the id ${id}`);
    return found.vector as VectorLike;
  }
  if (text !== undefined) return await embedded(embed, text, table);
  return vector as VectorLike;
}

/** Has the function of the user make a vector. */
export async function embedded(embed: Embed | undefined, text: string, table: string): Promise<VectorLike> {
  if (!embed) {
    throw new InvalidArgument(
      'this Studio cannot turn text into vectors; start it from a program with { embed }, or paste a vector',
    );
  }
  const [vector] = await embed([text], table);
  if (vector === undefined) throw new InvalidArgument('embed returned no vector; expected one for each text');
  return vector;
}

export interface RecallArgs {
  readonly table: string;
  readonly queries: number;
  readonly k: number;
}

export function recallArgs(body: unknown): RecallArgs {
  const rules = { table: bodyRules.text, queries: bodyRules.whole(1, 200), k: bodyRules.whole(1, 100) };
  const { table, queries = 50, k = 10 } = checkBody<Partial<RecallArgs>>('recall', body, rules, ['table']);
  return { table: table as string, queries, k };
}

/** Compares approximate searches with exact ones, for rows at even distances. Yields how many are done. */
export function* recallTask({ file }: TaskContext, { table, queries, k }: RecallArgs): Generator<number, RecallResult> {
  const { vault } = file.vectors(table);
  if (!vault.info().index) throw new InvalidArgument(`${table} has no index; make one with kohakuvault index`);
  const ids = [...sampled(vault, queries)];
  let [found, wanted, exactMs, approximateMs] = [0, 0, 0, 0];
  for (const [nth, id] of ids.entries()) {
    const row = vault.getById(id as never);
    if (!row) continue;
    const query = elementsOf(vault, row.vector as ArrayLike<number>);
    const began = performance.now();
    const exact = vault.search(query, { k, mode: 'exact' });
    const between = performance.now();
    const approximate = new Set(vault.search(query, { k, mode: 'approximate' }).map((one) => String(one.id)));
    approximateMs += performance.now() - between;
    exactMs += between - began;
    wanted += exact.length;
    found += exact.filter((one) => approximate.has(String(one.id))).length;
    yield nth + 1;
  }
  const count = Math.max(1, ids.length);
  return {
    queries: ids.length,
    k,
    recall: wanted === 0 ? 1 : found / wanted,
    exactMs: exactMs / count,
    approximateMs: approximateMs / count,
  };
}

/** Returns so many ids at even distances. */
export function* sampled(vault: AnyVectors, most: number): Generator<bigint | string> {
  const { size } = vault;
  const step = Math.max(1, size / most);
  let [nth, next] = [0, 0];
  for (const id of vault.keys()) {
    if (nth++ < next) continue;
    next += step;
    yield id;
  }
}
