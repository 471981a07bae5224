import type { Column } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import type { Params } from '../api/params.ts';
import type { ColumnSummary, Curve, Histogram, PlainNumber } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { plainElement, plainNumber } from '../values/plain-number.ts';
import type { TaskContext } from '../work/task.ts';
import { columnOf, kindOf } from './column-list.ts';
import { reducedByCells } from './pyramid.ts';

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const POINTS = 2_000;
const BINS = 50;

export interface Rows {
  readonly start: number | undefined;
  readonly end: number | undefined;
}

export interface CurveArgs extends Rows {
  readonly name: string;
  readonly x: string | undefined;
  readonly points: number;
  readonly method: 'lttb' | 'minmax' | 'mean';
}

export function rowsOf(params: Params): Rows {
  const bound = (name: string) => params.whole(name, { least: Number.MIN_SAFE_INTEGER });
  return { start: bound('start'), end: bound('end') };
}

export function curveArgs(params: Params): CurveArgs {
  return {
    name: params.text('name'),
    x: params.optionalText('x'),
    points: params.whole('points', { least: 2, most: 20_000 }) ?? POINTS,
    method: params.oneOf('method', ['lttb', 'minmax', 'mean']) ?? 'lttb',
    ...rowsOf(params),
  };
}

export interface SummaryArgs extends Rows {
  readonly name: string;
  readonly quantiles: boolean;
}

export function summaryArgs(params: Params): SummaryArgs {
  return { name: params.text('name'), quantiles: params.flag('quantiles'), ...rowsOf(params) };
}

export interface HistogramArgs extends Rows {
  readonly name: string;
  readonly bins: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export function histogramArgs(params: Params): HistogramArgs {
  return {
    name: params.text('name'),
    bins: params.whole('bins', { least: 1, most: 1_000 }) ?? BINS,
    min: params.number('min'),
    max: params.number('max'),
    ...rowsOf(params),
  };
}

export function* curveTask({ file }: TaskContext, args: CurveArgs): Generator<never, Curve> {
  const began = performance.now();
  return file.consistently(() => {
    const column = numbers(file, args.name);
    const { length } = column;
    const [start, end] = resolved(args, length);
    const { points, method } = args;
    const { indexes, values } =
      reducedByCells(file, column, [start, end], points, method) ?? column.downsample(points, { start, end, method });
    const rows = Array.from(indexes);
    const xs = args.x === undefined ? rows : xsOf(file, args.x, rows, length);
    return {
      name: args.name,
      x: args.x ?? null,
      start,
      end,
      length,
      rows,
      xs: xs.map(drawn),
      ys: Array.from(values, drawn),
      reduced: end - start > rows.length,
      version: file.version(),
      ms: performance.now() - began,
    };
  });
}

/** Returns the numbers of another column in the same rows. */
function xsOf(file: VaultFile, name: string, rows: readonly number[], length: number): number[] {
  const column = numbers(file, name);
  if (column.length < length) {
    throw new InvalidArgument(
      `the column ${JSON.stringify(name)} has ${column.length} rows, fewer than the ${length} of the curve; choose another x`,
    );
  }
  // Means lie between rows.
  return Array.from(column.take(rows.map(Math.floor)) as ArrayLike<number | bigint | boolean>, Number);
}

export function* summaryTask({ file }: TaskContext, args: SummaryArgs): Generator<never, ColumnSummary> {
  const began = performance.now();
  return file.consistently(() => {
    const column = numbers(file, args.name);
    const [start, end] = resolved(args, column.length);
    const { count, nan, min, max, sum, mean, variance } = column.summary({ start, end });
    const found = args.quantiles ? column.quantile(QUANTILES, { start, end }) : undefined;
    return {
      name: args.name,
      start,
      end,
      count,
      nan,
      min: shown(min),
      max: shown(max),
      sum: plainElement(sum as number | bigint),
      mean: mean === undefined ? null : plainNumber(mean),
      variance: variance === undefined ? null : plainNumber(variance),
      quantiles:
        found === undefined || count === 0
          ? null
          : QUANTILES.map((q, nth) => ({ q, v: plainNumber(found[nth] as number) })),
      stats: column.stats(),
      version: file.version(),
      ms: performance.now() - began,
    };
  });
}

export function* histogramTask({ file }: TaskContext, args: HistogramArgs): Generator<never, Histogram> {
  const began = performance.now();
  return file.consistently(() => {
    const column = numbers(file, args.name);
    const [start, end] = resolved(args, column.length);
    const { min, max } = args;
    const { counts, edges } = column.histogram(args.bins, { start, end, min, max });
    return {
      name: args.name,
      edges: Array.from(edges),
      counts: Array.from(counts),
      version: file.version(),
      ms: performance.now() - began,
    };
  });
}

/** Returns the length of a column, by which the Studio decides who computes. */
export function lengthOf(file: VaultFile, name: string): number {
  return columnOf(file, name).length;
}

function numbers(file: VaultFile, name: string): Column<DType> {
  const column = columnOf(file, name);
  const kind = kindOf(parseDType(column.dtype));
  if (kind === 'number' || kind === 'bool') return column;
  throw new InvalidArgument(
    `the column ${JSON.stringify(name)} has elements of ${column.dtype}, which are not numbers; choose a column of numbers`,
  );
}

/** Returns a range within the column; negative places count from the end. */
export function resolved({ start, end }: Rows, length: number): [start: number, end: number] {
  const clip = (at: number) => Math.max(0, Math.min(length, at < 0 ? at + length : at));
  const from = clip(start ?? 0);
  return [from, Math.max(from, clip(end ?? length))];
}

function drawn(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function shown(value: unknown): PlainNumber | string | boolean | null {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? value : plainElement(value as number | bigint);
}
