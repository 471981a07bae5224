import { checkOptions, describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { checkAutoOptions, VALUE_RULES } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import {
  checkFieldTypes,
  checkMetric,
  type FieldsInput,
  type FieldTypes,
  fieldTypesRule,
  type IdKind,
  type Metric,
  metricsOf,
  VECTOR_TYPES,
  type VectorShape,
  type VectorType,
} from '@kohakuvault/vector/internal';
import { partitionsRule } from '../schema/partitions.ts';
import { storedEncodingOf } from '../schema/stored-as.ts';

/** The options of vectors on PostgreSQL. They mean what they mean for a local `VectorKVault`. */
export interface PostgresVectorsOptions<
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
  // biome-ignore lint/suspicious/noExplicitAny: as in the class.
  V = any,
  K extends IdKind = 'i64',
> {
  /** The number of elements of a vector: 1 to 16,000, and a multiple of 8 for bits. */
  dimensions: number;
  /** The metric of searches. Default 'cosine', for bits 'hamming'. */
  metric?: Metric | undefined;
  /** The type of the elements. Default 'f32'. */
  vectorType?: VectorType | undefined;
  /** Whether to encode values of any kind. Default true. */
  autoPack?: boolean | undefined;
  /** Whether a header tells the encoding of a value. Default true. */
  headers?: boolean | undefined;
  /** How values are encoded. Default 'auto'. */
  valueEncoding?: E | undefined;
  /** Typed fields beside the value, for conditions of searches: `{ year: 'i64', author: 'str' }`. */
  fields?: F | undefined;
  /** Computes the fields of a value that is written, beside those that are given. */
  fieldsOf?: ((value: V) => FieldsInput<F>) | undefined;
  /** Whether ids are text of your own ('str') instead of 64-bit integers. The table keeps it. Default 'i64'. */
  ids?: K | undefined;
  /** Into how many hash partitions the table is divided if it is made now. Default: what the store says. */
  partitions?: number | undefined;
}

/** The limit of pgvector's tables. */
const MOST_DIMENSIONS = 16_000;

const { keyEncoding: _keys, chunkSize: _chunks, ...VALUES } = VALUE_RULES;
const OPTION_RULES = {
  ...VALUES,
  dimensions: rules.wholeNumber(1, MOST_DIMENSIONS),
  metric: { expected: 'the name of a metric', accepts: (value: unknown) => typeof value === 'string' },
  vectorType: rules.oneOf(...VECTOR_TYPES),
  fields: fieldTypesRule,
  fieldsOf: { expected: 'a function (value) => fields', accepts: (value: unknown) => typeof value === 'function' },
  ids: rules.oneOf('i64', 'str'),
  partitions: partitionsRule,
};

export interface CheckedVectorsOptions {
  readonly shape: VectorShape;
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
  readonly fields: FieldTypes | undefined;
  readonly fieldsOf: ((value: never) => object) | undefined;
  readonly ids: IdKind | undefined;
  readonly partitions: number;
  /** The name of the table's encoding, for those who read and write its values as they are stored. */
  readonly storedEncoding: string | undefined;
}

export function checkVectorsOptions(
  // biome-ignore lint/suspicious/noExplicitAny: it accepts the options of any vault.
  options: PostgresVectorsOptions<any, any, any, any> | undefined,
  partitionsOfStore: number,
): CheckedVectorsOptions {
  checkOptions('vectors', options, OPTION_RULES);
  checkAutoOptions('vectors', options ?? {});
  if (options?.dimensions === undefined) {
    throw new InvalidArgument(
      'vectors: dimensions is missing; expected the number of elements of a vector: { dimensions: 384 }',
    );
  }
  const { dimensions, vectorType = 'f32', autoPack = true, headers = true, valueEncoding = 'auto' } = options;
  if (vectorType === 'bit' && dimensions % 8 !== 0) {
    throw new InvalidArgument(`vectors: dimensions is ${describe(dimensions)}; expected a multiple of 8 for bits`);
  }
  const metric = checkMetric('vectors', options.metric ?? metricsOf(vectorType)[0], vectorType);
  const fields = options.fields && checkFieldTypes('vectors', options.fields);
  const shape = { dimensions, vectorType, metric };
  const { fieldsOf, ids, partitions = partitionsOfStore } = options;
  const storedEncoding = storedEncodingOf(options);
  return { shape, autoPack, headers, valueEncoding, fields, fieldsOf, ids, partitions, storedEncoding };
}
