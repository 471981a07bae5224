import { closest, describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The metric of the distance between two vectors. */
export type Metric = 'cosine' | 'l2' | 'l1' | 'hamming';
/** The type of the elements of vectors. */
export type VectorType = 'f32' | 'int8' | 'bit';

/** The core's numbers of the metrics. */
export const METRIC_CODES: Record<Metric, number> = { cosine: 0, l2: 1, l1: 2, hamming: 3 };
/** The core's numbers of the types. */
export const TYPE_CODES: Record<VectorType, number> = { f32: 0, int8: 1, bit: 2 };

export const METRICS = Object.keys(METRIC_CODES) as Metric[];
export const VECTOR_TYPES = Object.keys(TYPE_CODES) as VectorType[];

/** Returns the metrics of a type. The first is the default. */
export function metricsOf(type: VectorType): readonly Metric[] {
  return type === 'bit' ? ['hamming'] : ['cosine', 'l2', 'l1'];
}

/** Checks that a type of vectors has a metric. */
export function checkMetric(owner: string, metric: unknown, type: VectorType): Metric {
  const known = metricsOf(type);
  if (known.includes(metric as Metric)) return metric as Metric;
  const exists = METRICS.includes(metric as Metric);
  const near = typeof metric === 'string' && !exists ? closest(metric, known) : undefined;
  throw new InvalidArgument(
    `${owner}: the metric is ${describe(metric)}; ${type} vectors have ` +
      `${known.map((name) => `'${name}'`).join(', ')}${near ? `; did you mean '${near}'?` : ''}`,
  );
}
