/**
 * What sibling packages that keep vectors elsewhere use, in exact versions. Nothing here is stable for other code. It
 * opens no SQLite.
 */
export type { AsyncSearchOptions, AsyncVectors } from './async-vectors.ts';
export { diverse } from './diversity.ts';
export {
  checkFieldTypes,
  decodeField,
  encodeFields,
  type FieldsInput,
  type FieldsOutput,
  type FieldType,
  type FieldTypes,
  fieldTypesRule,
  type StoredField,
  typeOfField,
} from './fields.ts';
export { checkMetric, type Metric, metricsOf, VECTOR_TYPES, type VectorType } from './metrics.ts';
export { choiceOf, type MmrOptions } from './mmr.ts';
export type { VectorShape } from './options.ts';
export { storedVectors } from './stored-vectors.ts';
export { checkTextId } from './text-id.ts';
export type { IdInput, IdKind, IdOf } from './vault-ids.ts';
export type { ExtrasArgument, NewVector, VectorChanges, VectorExtras, VectorInfo } from './vault-types.ts';
export { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
export type { SearchResult } from './walk.ts';
export { compileCondition, type Where } from './where.ts';
