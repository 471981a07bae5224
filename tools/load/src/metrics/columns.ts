import { type Column, ColumnVault } from 'kohakuvault';

/** The time of a row, and its metrics. Each is a column of its own, so a reader takes only what it needs. */
export const METRICS = 20;
export const NAMES: readonly string[] = ['at', ...Array.from({ length: METRICS }, (_, index) => `metric:${index}`)];

/** Returns what a metric was in a row: a reader can check it. */
export function metricAt(row: number, metric: number): number {
  return row * 32 + metric;
}

export function openLog(file: string): { vault: ColumnVault; columns: Column<'f64'>[] } {
  const vault = new ColumnVault(file);
  return { vault, columns: NAMES.map((name) => vault.ensure(name, 'f64')) };
}
