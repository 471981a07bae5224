import { closest, describe, InvalidArgument, MetricCode, VectorTypeCode } from '@kohakuvault/core-native/internal';

/** The metric of the distance between two vectors. */
export type Metric = 'cosine' | 'l2' | 'l1' | 'hamming' | 'dot';
/** The type of the elements of vectors. */
export type VectorType = 'f32' | 'int8' | 'bit';

/** The numbers by which the core knows the metrics and the types. */
export const METRIC_CODES: Record<Metric, number> = MetricCode;
export const TYPE_CODES: Record<VectorType, number> = VectorTypeCode;

export const METRICS = Object.keys(METRIC_CODES) as Metric[];
export const VECTOR_TYPES = Object.keys(TYPE_CODES) as VectorType[];

/** Returns the metrics of a type. The first is the default. */
export function metricsOf(type: VectorType): readonly Metric[] {
  return type === 'bit' ? ['hamming'] : ['cosine', 'l2', 'l1', 'dot'];
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
