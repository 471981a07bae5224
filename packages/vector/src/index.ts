export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native';
export type {
  BackupOptions,
  BackupResult,
  CheckpointMode,
  CheckpointResult,
  ConnectionOptions,
  DatabaseSource,
  RestoreOptions,
} from '@kohakuvault/core-native/database';
export { restore } from '@kohakuvault/core-native/database';
export { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
export { asAsync } from './as-async.ts';
export type { AsyncSearchOptions as AsyncVectorSearchOptions, AsyncVectors } from './async-vectors.ts';
export type { FieldInput, FieldOutput, FieldsInput, FieldsOutput, FieldType, FieldTypes } from './fields.ts';
export type { IdRange } from './id-range.ts';
export type { VectorId } from './ids.ts';
export { idsWhere } from './ids-where.ts';
export type { IndexAsyncOptions, IndexOptions, OptimizeAsyncOptions, VectorIndexInfo } from './index-options.ts';
export type { Metric, VectorType } from './metrics.ts';
export type { MmrOptions } from './mmr.ts';
export type { VectorKVaultOptions } from './options.ts';
export type { SearchAsyncOptions, SearchOptions, VectorFilter } from './search-options.ts';
export type { IdInput, IdKind, IdOf } from './vault-ids.ts';
export type { NewVector, VectorChanges, VectorExtras, VectorInfo } from './vault-types.ts';
export type { StoredVector, VectorLike } from './vector-format.ts';
export { VectorKVault } from './vector-kvault.ts';
export type { SearchResult } from './walk.ts';
export type { FieldCondition, FieldOperators, Where } from './where.ts';
