/** What a contender's number counts. */
export type Unit = 'ns' | 'bytes/s' | 'bytes' | 'share';

interface UnitRules {
  /** Whether the better of two numbers is the smaller one. */
  lessIsBetter: boolean;
  /** Larger steps of the unit, from the largest down. */
  steps: [least: number, name: string][];
}

const UNITS: Record<Unit, UnitRules> = {
  ns: {
    lessIsBetter: true,
    steps: [
      [1e9, 's'],
      [1e6, 'ms'],
      [1e3, 'µs'],
      [1, 'ns'],
    ],
  },
  'bytes/s': {
    lessIsBetter: false,
    steps: [
      [1e9, 'GB/s'],
      [1e6, 'MB/s'],
      [1e3, 'kB/s'],
      [1, 'B/s'],
    ],
  },
  bytes: {
    lessIsBetter: true,
    steps: [
      [2 ** 30, 'GiB'],
      [2 ** 20, 'MiB'],
      [2 ** 10, 'KiB'],
      [1, 'B'],
    ],
  },
  share: { lessIsBetter: false, steps: [[0.01, '%']] },
};

/** Returns the speed-up of `ours` over `theirs`; for memory, how many times as small it is. */
export function speedAgainst(unit: Unit, ours: number, theirs: number): number {
  return UNITS[unit].lessIsBetter ? theirs / ours : ours / theirs;
}

/** Formats a number with three digits and the fitting step of its unit, such as `4.53 µs`. */
export function format(unit: Unit, value: number): string {
  const { steps } = UNITS[unit];
  const [size, name] = steps.find(([least]) => Math.abs(value) >= least) ?? ([1, steps.at(-1)?.[1] ?? unit] as const);
  return `${threeDigits(value / size)} ${name}`;
}

/** Formats a ratio, such as `2.37x`. */
export function formatRatio(ratio: number): string {
  return `${threeDigits(ratio)}x`;
}

function threeDigits(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
