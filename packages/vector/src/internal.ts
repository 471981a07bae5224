/**
 * What sibling packages that keep vectors elsewhere use, in exact versions. Nothing here is stable for other code. It
 * opens no SQLite.
 */
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
} from './fields.ts';
export { checkMetric, type Metric, metricsOf, VECTOR_TYPES, type VectorType } from './metrics.ts';
export type { VectorShape } from './options.ts';
export { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
export type { SearchResult } from './walk.ts';
export { compileCondition, type Where } from './where.ts';
