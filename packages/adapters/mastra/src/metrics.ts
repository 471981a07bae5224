import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Metric } from '@kohakuvault/vector';

/** The metrics of Mastra, by the names that they have here. */
const NAMES = { cosine: 'cosine', euclidean: 'l2', dotproduct: 'dot' } as const satisfies Record<string, Metric>;

export type MastraMetric = keyof typeof NAMES;

export function metricOf(metric: MastraMetric): Metric {
  const found = Object.hasOwn(NAMES, metric) ? NAMES[metric] : undefined;
  if (found) return found;
  throw new InvalidArgument(`createIndex: metric is ${describe(metric)}; expected ${Object.keys(NAMES).join(', ')}`);
}

/** Returns the name that Mastra has for a metric; undefined if it has none. */
export function mastraMetricOf(metric: string): MastraMetric | undefined {
  const [found] = Object.entries(NAMES).find(([, own]) => own === metric) ?? [];
  return found as MastraMetric | undefined;
}
