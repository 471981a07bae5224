import type { VectorMapMessage } from '../../src/api/types.ts';
import { number } from '../lib/format.ts';

type Rows = Extract<VectorMapMessage, { type: 'rows' }>;

export interface MapPoints {
  readonly ids: readonly string[];
  /** x and y of each point in turn, -1 to 1. */
  readonly places: Float32Array;
  readonly groups: readonly PointGroup[];
  readonly total: number;
}

/** Points of one color. */
export interface PointGroup {
  readonly name: string;
  /** The number of a color of the series; a share from 0 to 1 of the ramp. */
  readonly color: { readonly series: number } | { readonly ramp: number };
  readonly members: Uint32Array;
}

export function decodePoints(base64: string): Float32Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return new Float32Array(bytes.buffer);
}

/** More different values than this are not told apart by color. */
const MOST_NAMES = 7;
const RAMP_STEPS = 12;

export function groupsOf({ ids, color }: Rows): PointGroup[] {
  if (!color) return [{ name: '', color: { series: 0 }, members: Uint32Array.from(ids, (_, index) => index) }];
  const { values } = color;
  const isScale = values.some((value) => typeof value === 'number') && new Set(values).size > MOST_NAMES;
  return isScale ? rampGroups(values) : namedGroups(values);
}

function namedGroups(values: readonly unknown[]): PointGroup[] {
  const byName = Map.groupBy(
    values.map((value, index) => ({ name: value === null ? '(none)' : String(value), index })),
    ({ name }) => name,
  );
  const sorted = [...byName].sort((a, b) => b[1].length - a[1].length);
  const named = sorted.slice(0, MOST_NAMES).map(([name, members], index) => ({
    name,
    color: { series: index },
    members: Uint32Array.from(members, (member) => member.index),
  }));
  const others = sorted.slice(MOST_NAMES).flatMap(([, members]) => members.map(({ index }) => index));
  if (others.length === 0) return named;
  return [
    { name: `${sorted.length - MOST_NAMES} others`, color: { series: MOST_NAMES }, members: Uint32Array.from(others) },
    ...named,
  ];
}

function rampGroups(values: readonly unknown[]): PointGroup[] {
  const numbers = values.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[];
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of numbers) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const step = (max - min) / RAMP_STEPS || 1;
  const members: number[][] = Array.from({ length: RAMP_STEPS }, () => []);
  values.forEach((value, index) => {
    if (typeof value === 'number') members[Math.min(RAMP_STEPS - 1, Math.floor((value - min) / step))]?.push(index);
  });
  return members.map((each, index) => ({
    name: index === 0 || index === RAMP_STEPS - 1 ? number(index === 0 ? min : max) : '',
    color: { ramp: index / (RAMP_STEPS - 1) },
    members: Uint32Array.from(each),
  }));
}

/** Whether a place is inside of a polygon: a line from it to the side crosses the edge an odd number of times. */
export function isInside(x: number, y: number, polygon: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  let before = polygon.at(-1);
  for (const corner of polygon) {
    if (before) {
      const [x1, y1] = corner;
      const [x2, y2] = before;
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
    before = corner;
  }
  return inside;
}
