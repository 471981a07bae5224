import uPlot from 'uplot';
import type { Curve } from '../../src/api/types.ts';
import { smooth } from './smoothing.ts';

export interface Line {
  readonly name: string;
  /** Which color it has. */
  readonly color: number;
  /** The points as they are, behind a smoothed line. */
  readonly isFaint: boolean;
  /** Its points do not go from left to right, so no line joins them. */
  readonly isScatter: boolean;
}

export interface Drawing {
  readonly lines: readonly Line[];
  readonly data: uPlot.AlignedData;
}

type Points = [xs: number[], ys: (number | null)[]];

/** Puts curves, each with points of its own, over one axis. */
export function drawingOf(curves: readonly Curve[], { weight, log }: { weight: number; log: boolean }): Drawing {
  const lines: Line[] = [];
  const tables: Points[] = [];
  curves.forEach((curve, color) => {
    const { points, isScatter } = pointsOf(curve, log);
    const isSmoothed = weight > 0 && !isScatter;
    lines.push({ name: curve.name, color, isFaint: isSmoothed, isScatter });
    tables.push(points);
    if (!isSmoothed) return;
    lines.push({ name: curve.name, color, isFaint: false, isScatter: false });
    tables.push([points[0], smooth(points[1], weight)]);
  });
  if (tables.length === 0) return { lines, data: [[]] };
  // Null is a gap (NaN); where another curve has a point and this has none, the line goes on.
  const data = uPlot.join(
    tables,
    tables.map((table) => table.map(() => 1 as const)),
  );
  return { lines, data };
}

function pointsOf(curve: Curve, log: boolean): { points: Points; isScatter: boolean } {
  const places: number[] = [];
  let isScatter = false;
  let before = Number.NEGATIVE_INFINITY;
  curve.xs.forEach((x, place) => {
    if (x === null) return;
    places.push(place);
    if (x < before) isScatter = true;
    before = x;
  });
  if (isScatter) places.sort((a, b) => (curve.xs[a] ?? 0) - (curve.xs[b] ?? 0));
  const ys = places.map((place) => {
    const y = curve.ys[place] ?? null;
    // A logarithmic scale has no place for these.
    return log && y !== null && y <= 0 ? null : y;
  });
  return { points: [places.map((place) => curve.xs[place] ?? 0), ys], isScatter };
}

/** Returns the rows that a part of the axis shows; undefined if the x of the curve does not grow with the rows. */
export function rowsOf(curve: Curve, min: number, max: number): { start: number; end: number } | undefined {
  let start: number;
  let end: number;
  if (curve.x === null) {
    start = Math.floor(min);
    end = Math.ceil(max) + 1;
  } else {
    const known = curve.xs.flatMap((x, place) => (x === null ? [] : [{ x, row: curve.rows[place] ?? 0 }]));
    if (known.some(({ x }, place) => place > 0 && x < (known[place - 1]?.x ?? x))) return undefined;
    start = Math.floor(known.findLast(({ x }) => x <= min)?.row ?? curve.start);
    end = Math.ceil(known.find(({ x }) => x >= max)?.row ?? curve.end - 1) + 1;
  }
  start = Math.max(0, Math.min(start, curve.length - 2));
  end = Math.min(curve.length, Math.max(end, start + 2));
  return { start, end };
}
