/**
 * What sibling packages that keep entries elsewhere use, in exact versions. Nothing here is stable for other code. It
 * needs no SQLite.
 */
export { checkDeleteRange, checkPair, isRange, listOf, pairsOf } from './arguments.ts';
export type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from './async-kvault.ts';
export { checkIncrement, isExpected, sumOf } from './atomic/expected.ts';
export { Version } from './atomic/version.ts';
export type { ChangeKind } from './changes/change.ts';
export {
  EXPIRY_RULES,
  type ExpiryOptions,
  expiryOf,
  type Lifetime,
  lifetimeOf,
  NEVER,
  ttlRule,
} from './expiry/expiry-options.ts';
export { type KeySpace, namedKeySpace } from './keys/key-space.ts';
export {
  afterPrefix,
  type CheckedKey,
  checkKey,
  type Key,
  type KeyEncoding,
  type KeyOf,
  keyBytes,
  keyText,
  showKey,
} from './keys/keys.ts';
export { type KeyRange, liesIn, NO_LIMIT, type ResolvedRange, resolveRange } from './keys/range.ts';
export type { AsyncJob, AsyncQueue, DeadJob } from './queue/async-queue.ts';
export type { CopiedJobs, StoredJobRow } from './queue/copied-jobs.ts';
export { type JobClaim, JobQueue, type JobStore, type TakenJob, type TakenJobs } from './queue/job-queue.ts';
export type {
  JobsOptions,
  NackOptions,
  ProcessOptions,
  PushOptions,
  QueueCounts,
  QueueOptions,
  ResolvedQueueOptions,
} from './queue/options.ts';
export type { Outcome } from './queue/outcome.ts';
export { queueCodec } from './queue/queue-codec.ts';
export { onAbort, sharedAbort, unlessAborted } from './streams/abort.ts';
export { chunkBytes } from './streams/chunk-bytes.ts';
export type { Content } from './streams/content.ts';
export { readSource } from './streams/in/read-source.ts';
export { type Chunks, type OpenedSource, openSource, type PutSource } from './streams/in/sources.ts';
export {
  type BlobOptions,
  checkBlobOptions,
  checkGetOptions,
  checkPutOptions,
  checkReadOptions,
  checkSize,
  checkWhole,
  type GetToFileOptions,
  type PutFileOptions,
  type PutInfo,
  type ReadStreamOptions,
} from './streams/options.ts';
export { frontLength, missing, replaced } from './streams/out/readable-value.ts';
export { type GetTarget, openTarget } from './streams/out/targets.ts';
export { checkSubOptions, type SubOptions } from './sub-options.ts';
export { checkAutoOptions, VALUE_RULES } from './value-options.ts';
export { type KeyedCodec, keyedCodec } from './values/keyed-codec.ts';
export type { Storable, Stored, Wrapped } from './values/wrapped.ts';
export type { AsyncChange, AsyncChangeEventMap, AsyncObserved, AsyncWatch } from './watch/async-watch.ts';
export { ChangeSource } from './watch/change-source.ts';
export { type FollowValue, LiveValue } from './watch/live-value.ts';
export type { ObserveOptions } from './watch/observe-options.ts';
export { checkWatch, type WatchOptions } from './watch/watch-options.ts';
