import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import { type ValueEncoding, valueEncodingRule } from '@kohakuvault/packer/value';
import { checkFieldTypes, type FieldsInput, type FieldTypes, fieldTypesRule } from './fields.ts';
import { checkMetric, type Metric, metricsOf, VECTOR_TYPES, type VectorType } from './metrics.ts';
import type { FieldsOf } from './side-tables.ts';
import type { IdKind } from './vault-ids.ts';

export interface VectorKVaultOptions<
  E extends ValueEncoding = ValueEncoding,
  // biome-ignore lint/suspicious/noExplicitAny: as in the class.
  V = any,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> extends ConnectionOptions {
  /** The name of the table. Default 'vec_kvault', as in the Python package. */
  table?: string | undefined;
  /** The number of elements of a vector: 1 to 8,192, and a multiple of 8 for bits. */
  dimensions: number;
  /** The metric of searches. Default 'cosine', for bits 'hamming'. */
  metric?: Metric | undefined;
  /** The type of the elements. Default 'f32'. */
  vectorType?: VectorType | undefined;
  /** Whether to encode values of any kind. If false, values are bytes, which are stored unchanged. Default true. */
  autoPack?: boolean | undefined;
  /** Whether a header tells the encoding of a value. Without it, values read back as bytes. Default true. */
  headers?: boolean | undefined;
  /**
   * How values are encoded, as in a KVault: 'auto', 'msgpack', 'cbor', 'json', 'utf8', 'binary' or a codec of your own.
   * The file keeps the name. Default 'auto'.
   */
  valueEncoding?: E | undefined;
  /**
   * Typed fields beside the value, for conditions of searches: `{ year: 'i64', author: 'str' }`. The file keeps the
   * declaration. A table that exists gets the fields, with all of them missing. Default: what the file says.
   */
  fields?: F | undefined;
  /** Computes the fields of a value that is written, beside those that are given. */
  fieldsOf?: ((value: V) => FieldsInput<F>) | undefined;
  /** Whether ids are text of your own ('str') instead of 64-bit integers. The file keeps it. Default 'i64'. */
  ids?: K | undefined;
  /** The largest resident copy of the vectors, in bytes. Searches read larger tables from the file. Default 512 MiB. */
  residentBytes?: number | undefined;
}

/** The limit of sqlite-vec. */
const MOST_DIMENSIONS = 8192;

const OWN_RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  dimensions: rules.wholeNumber(1, MOST_DIMENSIONS),
  metric: { expected: 'the name of a metric', accepts: (value: unknown) => typeof value === 'string' },
  vectorType: rules.oneOf(...VECTOR_TYPES),
  autoPack: rules.boolean,
  headers: rules.boolean,
  valueEncoding: valueEncodingRule,
  residentBytes: rules.wholeNumber(0),
  fields: fieldTypesRule,
  fieldsOf: { expected: 'a function (value) => fields', accepts: (value: unknown) => typeof value === 'function' },
  ids: rules.oneOf('i64', 'str'),
};

/** What the vectors of a table have in common. */
export interface VectorShape {
  readonly dimensions: number;
  readonly metric: Metric;
  readonly vectorType: VectorType;
}

interface OwnOptions {
  table: string;
  shape: VectorShape;
  autoPack: boolean;
  headers: boolean;
  valueEncoding: ValueEncoding;
  residentBytes: number;
  fields: FieldTypes | undefined;
  fieldsOf: FieldsOf | undefined;
  ids: IdKind | undefined;
}

/** Checks the options of a vault, and separates its own from those of its connection. */
// biome-ignore lint/suspicious/noExplicitAny: it accepts the options of any vault.
export function optionsOf(options: VectorKVaultOptions<any, any, any, any>): {
  own: OwnOptions;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('VectorKVault', options, OWN_RULES);
  const {
    table = 'vec_kvault',
    dimensions,
    vectorType = 'f32',
    metric = metricsOf(vectorType)[0],
    autoPack = true,
    headers = true,
    valueEncoding = 'auto',
    residentBytes = 512 * 1024 * 1024,
  } = own;
  if (dimensions === undefined) {
    throw new InvalidArgument(
      'VectorKVault: dimensions is missing; expected the number of elements of a vector: { dimensions: 384 }',
    );
  }
  if (vectorType === 'bit' && dimensions % 8 !== 0) {
    throw new InvalidArgument(`VectorKVault: dimensions is ${dimensions}; expected a multiple of 8 for bits`);
  }
  const shape = { dimensions, vectorType, metric: checkMetric('VectorKVault', metric, vectorType) };
  for (const name of ['autoPack', 'headers'] as const) {
    if (own[name] === undefined || valueEncoding === 'auto') continue;
    throw new InvalidArgument(
      `VectorKVault: ${name} is ${own[name]}, which belongs to valueEncoding 'auto'; leave it out for ` +
        (typeof valueEncoding === 'string' ? describe(valueEncoding) : 'a codec of your own'),
    );
  }
  const fields = own.fields && checkFieldTypes('VectorKVault', own.fields);
  const { fieldsOf, ids } = own;
  return {
    own: { table, shape, autoPack, headers, valueEncoding, residentBytes, fields, fieldsOf, ids },
    connection,
  };
}
