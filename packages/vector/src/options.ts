import { InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import { checkMetric, type Metric, metricsOf, VECTOR_TYPES, type VectorType } from './metrics.ts';

export interface VectorKVaultOptions extends ConnectionOptions {
  /** The table's name. Default 'vec_kvault', as in the Python package. */
  table?: string | undefined;
  /** How many elements a vector has: 1 to 8,192, for bits a multiple of 8. */
  dimensions: number;
  /** Default 'cosine', for bits 'hamming'. */
  metric?: Metric | undefined;
  /** Default 'f32'. */
  vectorType?: VectorType | undefined;
  /** Values of any kind are encoded; off, only bytes are taken, and given back as they are stored. Default true. */
  autoPack?: boolean | undefined;
  /** Encoded values are told apart by a header; off, they read back as bytes. Default true. */
  headers?: boolean | undefined;
  /**
   * How much memory the table's vectors may take while they are kept for searches. Default 512 MiB; larger tables are
   * read anew each time.
   */
  residentBytes?: number | undefined;
}

/** As much as sqlite-vec takes. */
const MOST_DIMENSIONS = 8192;

const OWN_RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  dimensions: rules.wholeNumber(1, MOST_DIMENSIONS),
  metric: { expected: 'the name of a metric', accepts: (value: unknown) => typeof value === 'string' },
  vectorType: rules.oneOf(...VECTOR_TYPES),
  autoPack: rules.boolean,
  headers: rules.boolean,
  residentBytes: rules.wholeNumber(0),
};

/** What all vectors of a table have in common. */
export interface Shape {
  readonly dimensions: number;
  readonly metric: Metric;
  readonly vectorType: VectorType;
}

interface OwnOptions {
  table: string;
  shape: Shape;
  autoPack: boolean;
  headers: boolean;
  residentBytes: number;
}

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: VectorKVaultOptions): { own: OwnOptions; connection: ConnectionOptions } {
  const { own, connection } = splitOptions('VectorKVault', options, OWN_RULES);
  const {
    table = 'vec_kvault',
    dimensions,
    vectorType = 'f32',
    metric = metricsOf(vectorType)[0],
    autoPack = true,
    headers = true,
    residentBytes = 512 * 1024 * 1024,
  } = own;
  if (dimensions === undefined) {
    throw new InvalidArgument(
      'VectorKVault: dimensions is missing; expected how many elements a vector has: { dimensions: 384 }',
    );
  }
  if (vectorType === 'bit' && dimensions % 8 !== 0) {
    throw new InvalidArgument(`VectorKVault: dimensions is ${dimensions}; expected a multiple of 8 for bits`);
  }
  const shape = { dimensions, vectorType, metric: checkMetric('VectorKVault', metric, vectorType) };
  return { own: { table, shape, autoPack, headers, residentBytes }, connection };
}
