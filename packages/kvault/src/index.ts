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
export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native/internal';
export {
  Cbor,
  type CustomEncoding,
  type EncodingName,
  Json,
  MsgPack,
  Pickle,
  type ValueEncoding,
} from '@kohakuvault/packer/value';
export { asAsync } from './as-async.ts';
export type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from './async-kvault.ts';
export { Version } from './atomic/version.ts';
export type { Change, ChangeKind } from './changes/change.ts';
export type { ExpiryOptions } from './expiry/expiry-options.ts';
export type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
export type { KeyRange } from './keys/range.ts';
export { KVault } from './kvault.ts';
export type { CompactOptions, KVaultOptions } from './options.ts';
export type { AsyncJob, AsyncQueue, DeadJob } from './queue/async-queue.ts';
export type { Job } from './queue/job.ts';
export type {
  JobsOptions,
  NackOptions,
  ProcessOptions,
  PushOptions,
  QueueCounts,
  QueueOptions,
} from './queue/options.ts';
export type { Queue } from './queue/queue.ts';
export { setManyTimed } from './set-many-timed.ts';
export type { PutSource } from './streams/in/sources.ts';
export type {
  BlobOptions,
  GetToFileOptions,
  PutFileOptions,
  PutInfo,
  ReadStreamOptions,
} from './streams/options.ts';
export { BlobHandle } from './streams/out/blob-handle.ts';
export type { GetTarget } from './streams/out/targets.ts';
export type { SubOptions } from './sub-options.ts';
export type { CacheOptions, CacheStats } from './table/write-cache.ts';
export type { Storable, Stored, Wrapped } from './values/wrapped.ts';
export type { AsyncChange, AsyncChangeEventMap, AsyncObserved, AsyncWatch } from './watch/async-watch.ts';
export type { ChangeEventMap } from './watch/change-events.ts';
export type { Observed } from './watch/observe.ts';
export type { ObserveOptions } from './watch/observe-options.ts';
export type { Watch } from './watch/watch.ts';
export type { WatchOptions } from './watch/watch-options.ts';
