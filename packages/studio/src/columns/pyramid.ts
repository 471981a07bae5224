import type { Column, Points } from '@kohakuvault/columns';
import type { DType } from '@kohakuvault/packer';
import type { VaultFile } from '../file/vault-file.ts';
import { extremesOf, triangles } from './reduction.ts';

/** Elements of a cell, of which the least and the greatest are kept. */
const CELL = 2_048;
/** Of a shorter column, all elements are looked at each time. */
const SHORTEST = 16_000_000;
/** Columns of a thread whose extremes are kept: of 100 million elements, these are 1.6 MB. */
const MOST_KEPT = 8;
/** Extremes from which the triangles choose, for each point. */
const CHOICE = 4;

interface Pyramid {
  readonly version: string;
  readonly points: Points;
}

const kept = new WeakMap<VaultFile, Map<string, Pyramid>>();

/**
 * Returns a few points that look like a long range of a column, by the extremes of its cells, which are found once for
 * each state of the file: a person who zooms and pans does not wait for all elements each time. Undefined if the range
 * is short, or the points are means, so that all elements should be looked at.
 */
export function reducedByCells(
  file: VaultFile,
  column: Column<DType>,
  [start, end]: readonly [number, number],
  points: number,
  method: 'lttb' | 'minmax' | 'mean',
): Points | undefined {
  if (method === 'mean' || column.length < SHORTEST || end - start < CELL * points) return undefined;
  const { points: cells } = pyramidOf(file, column);
  const [first, last] = [Math.ceil(start / CELL) * CELL, Math.floor(end / CELL) * CELL];
  const edge = (from: number, to: number) => column.downsample(2, { start: from, end: to, method: 'minmax' });
  const parts = [edge(start, first), sliceOf(cells, first, last), edge(last, end)];
  const found: Points = {
    indexes: joined(parts.map(({ indexes }) => indexes)),
    values: joined(parts.map(({ values }) => values)),
  };
  if (method === 'minmax') return extremesOf(found, [start, end], Math.floor(points / 2));
  return triangles(extremesOf(found, [start, end], (points * CHOICE) / 2), points);
}

function pyramidOf(file: VaultFile, column: Column<DType>): Pyramid {
  const own = kept.get(file) ?? new Map<string, Pyramid>();
  kept.set(file, own);
  const version = file.version();
  const known = own.get(column.name);
  own.delete(column.name);
  const isSame = known?.version === version;
  const pyramid = isSame ? known : made(column, version);
  own.set(column.name, pyramid);
  // The one that was used last is at the end.
  for (const name of [...own.keys()].slice(0, -MOST_KEPT)) own.delete(name);
  return pyramid;
}

function made(column: Column<DType>, version: string): Pyramid {
  const cells = Math.floor(column.length / CELL);
  const points = column.downsample(2 * cells, { start: 0, end: cells * CELL, method: 'minmax' });
  return { version, points };
}

/** The points from one index up to another. */
function sliceOf({ indexes, values }: Points, from: number, to: number): Points {
  const [start, end] = [placeOf(indexes, from), placeOf(indexes, to)];
  return { indexes: indexes.subarray(start, end), values: values.subarray(start, end) };
}

/** The first place with an index that is not less. */
function placeOf(indexes: Float64Array, index: number): number {
  let [low, high] = [0, indexes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indexes[middle] as number) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
