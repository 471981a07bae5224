import type { Memory } from './health.ts';
import type { LoadResult } from './load.ts';

/** The goal: an event loop is late by at most this much at the 99.9th percentile, in milliseconds. */
const LOOP_BUDGET_MS = 50;

/** Prints one program's result as tables. */
export function print({ program, settings, work, processes }: LoadResult): void {
  console.log(
    `\n${program} (${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')})`,
  );
  console.table(
    work.map(({ work, count, failures, perSecond, mibPerSecond, latency }) => ({
      work,
      count,
      failures,
      'per s': rounded(perSecond),
      'MiB/s': rounded(mibPerSecond),
      ...(latency && {
        'p50 ms': rounded(latency.p50),
        'p99 ms': rounded(latency.p99),
        'max ms': rounded(latency.max),
      }),
    })),
  );
  console.table(
    processes.map(({ process, loop, own, memory }) => ({
      process,
      'loop p99 ms': rounded(loop.p99),
      'loop p99.9 ms': rounded(loop.p999),
      [`p99.9 <= ${LOOP_BUDGET_MS}`]: loop.p999 <= LOOP_BUDGET_MS ? 'met' : 'missed',
      'loop max ms': rounded(loop.max),
      ...(own && { 'own p99.9 ms': rounded(own.p999), 'own max ms': rounded(own.max) }),
      ...spans(memory),
    })),
  );
}

/** Returns the first, the largest and the last of what was seen, in MiB. */
function spans(memory: readonly Memory[]): Record<string, string> {
  const span = (part: keyof Memory) => {
    const seen = memory.map((each) => each[part]);
    return [seen[0] ?? 0, Math.max(...seen), seen.at(-1) ?? 0].map((mib) => mib.toFixed(0)).join(' / ');
  };
  return { 'rss MiB (first/max/last)': span('rss'), 'WAL MiB (first/max/last)': span('wal') };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
