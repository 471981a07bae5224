import type { Metric, VectorType } from './metrics.ts';
import type { VectorShape } from './options.ts';

const ELEMENTS: Record<VectorType, string> = { f32: 'float', int8: 'int8', bit: 'bit' };
const METRIC_NAMES: Partial<Record<Metric, string>> = { cosine: 'cosine', l2: 'L2', l1: 'L1' };

/** Returns the metric that sqlite-vec knows a table by. It has no product, which the settings of the table tell. */
export function storedMetric(metric: Metric): Metric {
  return metric === 'dot' ? 'l2' : metric;
}

/** The slots of vec0's chunks. */
const CHUNK_SLOTS = 1024;

/** Returns how many slots the chunks of a table have. */
export function chunkSlotsOf(definition: string): number {
  return Number(/\bchunk_size\s*=\s*(\d+)/i.exec(definition)?.[1] ?? CHUNK_SLOTS);
}

/** Returns the kind of sqlite-vec's own index that a table has; undefined without. Versions from 0.1.10 on make some. */
export function ownIndexOf(definition: string): string | undefined {
  return /\bINDEXED\s+BY\s+(\w+)/i.exec(definition)?.[1]?.toLowerCase();
}

/** Returns how a table of a VectorKVault is declared, after `USING`. */
export function declarationOf({ metric, vectorType, dimensions }: VectorShape): string {
  const name = METRIC_NAMES[storedMetric(metric)];
  const suffix = name === undefined ? '' : ` distance_metric=${name}`;
  return `vec0(value_ref INTEGER, vector ${ELEMENTS[vectorType]}[${dimensions}]${suffix})`;
}

/** Returns the shape of the vectors in a table. Undefined if it is not declared as a table of a VectorKVault. */
export function shapeOf(definition: string): VectorShape | undefined {
  const columns = /\bUSING\s+vec0\s*\(([^()]*)\)\s*;?\s*$/i.exec(definition)?.[1]?.split(',');
  if (!columns) return undefined;
  // vec0 numbers its shadow tables by the order of the columns of a kind: further columns would change the names.
  const [first, second, ...options] = columns.map((column) => column.trim());
  const vector = /^vector\s+(float|f32|int8|i8|bit)\s*\[\s*(\d+)\s*\](?:\s+distance_metric\s*=\s*(\w+))?$/i.exec(
    second ?? '',
  );
  if (!vector || !/^value_ref\s+integer$/i.test(first ?? '')) return undefined;
  if (options.some((option) => !/^chunk_size\s*=/i.test(option))) return undefined;
  const [, element = '', dimensions = '', metric = 'L2'] = vector;
  const vectorType = vectorTypeOf(element);
  return {
    dimensions: Number(dimensions),
    vectorType,
    metric: vectorType === 'bit' ? 'hamming' : (metric.toLowerCase() as Metric),
  };
}

/** Returns the type of vectors that vec0 calls by one of several names. */
function vectorTypeOf(element: string): VectorType {
  if (/^bit$/i.test(element)) return 'bit';
  return /^(?:int8|i8)$/i.test(element) ? 'int8' : 'f32';
}

/** Returns what any table of sqlite-vec declares of its vectors; 0 and '' if it does not say. */
export function looseShapeOf(definition: string): { dimensions: number; vectorType: string; metric: string } {
  const vector = /\b(float|f32|int8|i8|bit)\s*\[\s*(\d+)\s*\]/i.exec(definition);
  const vectorType = vector?.[1] === undefined ? '' : vectorTypeOf(vector[1]);
  const metric = /\bdistance_metric\s*=\s*(\w+)/i.exec(definition)?.[1];
  return {
    dimensions: Number(vector?.[2] ?? 0),
    vectorType,
    metric: (metric ?? (vectorType === 'bit' ? 'hamming' : 'l2')).toLowerCase(),
  };
}
