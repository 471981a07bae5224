import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Params } from '../api/params.ts';
import type { VectorMapMessage } from '../api/types.ts';
import type { AnyVectors } from '../file/vault-file.ts';
import type { TaskContext } from '../work/task.ts';
import { neighborGraph } from './neighbor-graph.ts';
import { neighborLayout } from './neighbor-layout.ts';
import { type Axes, principalAxes, project } from './principal-axes.ts';
import { sampled } from './vector-search.ts';
import { elementsOf } from './vector-tables.ts';

const MOST_POINTS = 100_000;
/** The axes are found in a sample of at most so many vectors and bytes. */
const SAMPLE = 4_000;
const SAMPLE_BYTES = 24 * 1024 * 1024;
/** Neighbors are found in so many of the first directions. */
const DIRECTIONS = 24;
const NEIGHBORS = 10;
const ROUNDS = 160;
/** Better places are sent after so many rounds. */
const SENT_EVERY = 20;
const STEP = 4_096;

export interface MapArgs {
  readonly table: string;
  readonly method: 'pca' | 'neighbors';
  readonly limit: number;
  readonly color: string | undefined;
}

export function mapArgs(params: Params): MapArgs {
  return {
    table: params.text('table'),
    method: params.oneOf('method', ['pca', 'neighbors']) ?? 'pca',
    limit: params.whole('limit', { least: 1, most: MOST_POINTS }) ?? MOST_POINTS,
    color: params.optionalText('color'),
  };
}

/** Makes a map of the vectors: of two dimensions, such that near vectors are near on it. */
export function* mapTask({ file }: TaskContext, args: MapArgs): Generator<VectorMapMessage, void> {
  const { vault } = file.vectors(args.table);
  const type = args.color === undefined ? undefined : fieldType(vault, args);
  const ids = [...sampled(vault, args.limit)].slice(0, args.limit);
  const total = vault.size;
  const { dimensions } = vault.info();
  const axes = yield* axesOf(vault, ids, args.method === 'pca' ? 2 : DIRECTIONS);
  const width = Math.max(2, axes.directions.length);
  const cloud = { count: ids.length, dimensions: width, values: new Float32Array(ids.length * width) };
  const colors: (number | string | boolean | null)[] = [];
  for (const [nth, id] of ids.entries()) {
    const row = vault.getById(id as never);
    if (row) project(axes, elementsOf(vault, row.vector as ArrayLike<number>, dimensions), cloud.values, nth * width);
    if (args.color !== undefined) colors.push(plain(vault.fields(id as never)?.[args.color]));
    if (nth % STEP === 0) yield { type: 'progress', stage: 'pca', done: nth, total: ids.length };
  }
  const color = args.color === undefined || type === undefined ? null : { field: args.color, type, values: colors };
  yield { type: 'rows', ids: ids.map(String), color, total };
  const places = new Float32Array(ids.length * 2);
  for (let nth = 0; nth < ids.length; nth++) places.set(cloud.values.subarray(nth * width, nth * width + 2), nth * 2);
  const { explained } = axes;
  const isAll = args.method === 'pca' || ids.length < 3;
  yield { type: 'points', method: 'pca', points: encoded(places), explained, final: isAll };
  if (isAll) return;
  yield* byNeighbors(cloud, places);
}

function* byNeighbors(
  cloud: { count: number; dimensions: number; values: Float32Array },
  start: Float32Array,
): Generator<VectorMapMessage, void> {
  const steps = neighborGraph(cloud, NEIGHBORS);
  let next = steps.next();
  for (; !next.done; next = steps.next()) {
    yield { type: 'progress', stage: 'neighbors', done: Math.round(next.value * 50), total: 100 };
  }
  const places = scaled(start, 10);
  for (const round of neighborLayout(next.value, places, ROUNDS)) {
    if (round % SENT_EVERY !== 0) continue;
    yield { type: 'progress', stage: 'neighbors', done: 50 + Math.round((round / ROUNDS) * 50), total: 100 };
    yield { type: 'points', method: 'neighbors', points: encoded(places), final: round === ROUNDS };
  }
}

function* axesOf(
  vault: AnyVectors,
  ids: readonly (bigint | string)[],
  count: number,
): Generator<VectorMapMessage, Axes> {
  const { dimensions } = vault.info();
  const size = Math.max(2, Math.min(SAMPLE, ids.length, Math.floor(SAMPLE_BYTES / (dimensions * 4))));
  const step = Math.max(1, ids.length / size);
  const sample: Float32Array[] = [];
  for (let at = 0; at < ids.length && sample.length < size; at += step) {
    const row = vault.getById(ids[Math.floor(at)] as never);
    if (row) sample.push(Float32Array.from(elementsOf(vault, row.vector as ArrayLike<number>)));
    if (sample.length % 512 === 0) yield { type: 'progress', stage: 'read', done: sample.length, total: size };
  }
  return principalAxes(sample, dimensions, count);
}

function fieldType(vault: AnyVectors, { color, table }: MapArgs): string {
  const { fields = {} } = vault.info();
  if (color !== undefined && Object.hasOwn(fields, color)) return fields[color] as string;
  const names = Object.keys(fields);
  throw new InvalidArgument(
    `${table} has no field ${JSON.stringify(color)}; ${names.length > 0 ? `it has ${names.join(', ')}` : 'it has none'}`,
  );
}

function plain(value: unknown): number | string | boolean | null {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? value.slice(0, 200) : null;
}

/** Returns places around the middle, the farthest of which has this distance. */
function scaled(places: Float32Array, farthest: number): Float32Array {
  let [x, y] = [0, 0];
  const count = Math.max(1, places.length / 2);
  for (let at = 0; at < places.length; at += 2) {
    x += (places[at] as number) / count;
    y += (places[at + 1] as number) / count;
  }
  let most = 0;
  for (let at = 0; at < places.length; at += 2) {
    most = Math.max(most, Math.abs((places[at] as number) - x), Math.abs((places[at + 1] as number) - y));
  }
  const factor = most > 0 ? farthest / most : 0;
  return places.map((place, at) => (place - (at % 2 === 0 ? x : y)) * factor);
}

function encoded(places: Float32Array): string {
  const own = scaled(places, 1);
  return Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString('base64');
}
