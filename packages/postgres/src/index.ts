export type {
  AsyncColumn,
  AsyncColumns,
  AsyncFollowing,
  AsyncFrame,
  FollowOptions,
} from '@kohakuvault/columns/internal';
export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native/internal';
export type {
  AsyncBlobHandle,
  AsyncChange,
  AsyncChangeEventMap,
  AsyncJob,
  AsyncKVault,
  AsyncObserved,
  AsyncPutFileOptions,
  AsyncQueue,
  AsyncWatch,
  BlobOptions,
  DeadJob,
  ExpiryOptions,
  GetTarget,
  GetToFileOptions,
  JobsOptions,
  Key,
  KeyEncoding,
  KeyOf,
  KeyRange,
  NackOptions,
  ObserveOptions,
  ProcessOptions,
  PushOptions,
  PutSource,
  QueueCounts,
  QueueOptions,
  ReadStreamOptions,
  Storable,
  Stored,
  SubOptions,
  WatchOptions,
  Wrapped,
} from '@kohakuvault/kvault/internal';
export { Version } from '@kohakuvault/kvault/internal';
export {
  Cbor,
  type CustomEncoding,
  type EncodingName,
  Json,
  MsgPack,
  Pickle,
  type ValueEncoding,
} from '@kohakuvault/packer/value';
export {
  type AsyncDocumentVault,
  type AsyncTexts,
  asyncHybridSearch,
  type HybridResult,
  type HybridSearchOptions,
} from '@kohakuvault/text/internal';
export type { AsyncVectors } from '@kohakuvault/vector/internal';
export type { PGliteLike } from './client/pglite-pool.ts';
export { connect, type StoreSource } from './connect.ts';
export type { PostgresDocumentsOptions } from './documents/document-options.ts';
export type { PostgresKVaultOptions } from './kvault/options.ts';
export type { ConnectOptions, Isolation, StoreOptions, TransactionOptions } from './options.ts';
export { PostgresColumn } from './postgres-column.ts';
export {
  type NewPostgresColumnOptions,
  type PostgresColumnEntry,
  type PostgresColumnOptions,
  PostgresColumns,
} from './postgres-columns.ts';
export { PostgresDocuments } from './postgres-documents.ts';
export { PostgresFrame } from './postgres-frame.ts';
export { PostgresKVault } from './postgres-kvault.ts';
export { PostgresTexts } from './postgres-texts.ts';
export { PostgresVectors } from './postgres-vectors.ts';
export type { VaultEntry, VaultKind } from './schema/catalog.ts';
export { Store } from './store.ts';
export type { CommitTransaction, PostgresPutFileOptions } from './streams/on-commit.ts';
export type { PostgresTextsOptions } from './texts/text-options.ts';
export { Transaction } from './transaction.ts';
export type { HnswOptions } from './vectors/hnsw-index.ts';
export type { PostgresSearchOptions } from './vectors/search-plan.ts';
export type { PostgresVectorsOptions } from './vectors/vector-options.ts';
