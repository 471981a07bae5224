/** A size of a table or column. */
export interface Size {
  name: string;
  count: number;
  large: boolean;
}

const size = (name: string, count: number, large = false): Size => ({ name, count, large });

export const TABLES = [size('100 k', 100_000), size('1 M', 1_000_000), size('5 M', 5_000_000, true)];
export const COLUMNS = [size('1 M', 1_000_000), size('10 M', 10_000_000), size('100 M', 100_000_000, true)];
export const MANY_COLUMNS = [size('1,000', 1_000), size('10,000', 10_000, true)];
export const VECTORS = [size('100 k', 100_000), size('1 M', 1_000_000, true)];
/** Megabytes. */
export const VALUES = [size('100 MB', 100), size('500 MB', 500, true)];

/** Returns the count, or a hundredth of it for a run that only tries something out. */
export function scaled({ count }: Size, quick: boolean): number {
  return quick ? Math.ceil(count / 100) : count;
}

export const QUICK = 'A hundredth of it with `--quick`.';
