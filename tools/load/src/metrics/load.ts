import { join } from 'node:path';
import { Child } from '../common/child.ts';
import { type LoadResult, load } from '../common/load.ts';
import { workFolder } from '../common/work-folder.ts';
import { METRICS } from './columns.ts';
import type { Seen } from './reader-process.ts';

export interface MetricsSettings {
  points: number;
  /** The processes are watched for at most so long. */
  seconds: number;
}

export const LOGGER = join(import.meta.dirname, 'logger-process.ts');
export const READER = join(import.meta.dirname, 'reader-process.ts');

/** One process logs 20 metrics, another reads them meanwhile. */
export async function loadMetrics(settings: MetricsSettings): Promise<LoadResult> {
  const { points, seconds } = settings;
  const folder = workFolder();
  const file = join(folder.path, 'metrics.db');
  const rows = Math.ceil(points / METRICS);
  const logger = new Child(LOGGER, [file, String(rows)]);
  let reader: Child | undefined;
  try {
    // Before anything is awaited: the logger may end before the reader begins.
    const logged = logger.next<number>('logged').then((count) => ({ count, at: performance.now() }));
    await logger.next('ready');
    const start = performance.now();
    reader = new Child(READER, [file]);
    await reader.next('ready');
    const { processes } = await load({ seconds }, [], { logger, reader }, logged);
    const { count, at } = await logged;
    const took = at - start;
    const seen = reader.next<Seen>('seen');
    await Promise.all([logger.stop(), reader.stop()]);
    const { looks, torn, wrong, latency } = await seen;
    const rateOf = (number: number) => ({ perSecond: number / (took / 1_000), mibPerSecond: 0 });
    return {
      program: 'metrics logger',
      settings: { ...settings },
      work: [
        { work: 'points logged', count: count * METRICS, failures: 0, ...rateOf(count * METRICS) },
        { work: 'looks of the reader', count: looks, failures: torn + wrong, ...rateOf(looks), latency },
      ],
      processes,
    };
  } finally {
    await Promise.all([logger.kill(), reader?.kill()]);
    folder.remove();
  }
}
