import { round } from './round.ts';
import { Helper } from './world/helper.ts';

export interface RunSetup {
  readonly seed: number;
  /** The number of steps in a round. */
  readonly steps: number;
  readonly rounds?: number;
  readonly minutes?: number;
  readonly verbose?: boolean;
  readonly report?: (rounds: number, steps: number) => void;
}

/** Runs rounds, each with the next seed, until their number or the time is reached. Returns the number of steps. */
export async function run({ seed, steps, rounds, minutes, verbose, report }: RunSetup): Promise<number> {
  using helper = process.platform === 'win32' ? undefined : new Helper();
  const end = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  let total = 0;
  for (let nth = 0; nth < (rounds ?? Number.POSITIVE_INFINITY) && performance.now() < end; nth++) {
    total += await round({ seed: seed + nth, steps, helper, ...(verbose && { verbose }) });
    report?.(nth + 1, total);
  }
  return total;
}
