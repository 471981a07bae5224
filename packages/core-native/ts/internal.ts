/**
 * What sibling packages use, in exact versions. Nothing here is stable for other code. It does not need better-sqlite3;
 * `internal-database.ts` does.
 */

export { checkSyncBody, refusePromise } from './checks/body.ts';
export { refuseDetached } from './checks/detached.ts';
export { refuseSwitch } from './checks/encoding-switch.ts';
export { ALL_IDS, type IdRange, idsAfter, type ResolvedIds, resolveIds } from './checks/id-range.ts';
export { checkId, GREATEST_ID, idsOf, LEAST_ID, type RowId } from './checks/ids.ts';
export { checkOptions, closest, describe, type OptionRule, rules } from './checks/options.ts';
export { checkedStructure, isStructure, MOST_STRUCTURES, type Structure } from './checks/structure.ts';
export { detailOf, type ErrorDetail, withDetail } from './errors/error-detail.ts';
export type { ErrorCode } from './errors/errors.ts';
export {
  CorruptData,
  DatabaseBusy,
  errorOf,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from './errors/errors.ts';
export { LiveIteration, type Waiting } from './iteration/live-iteration.ts';
export { failedIteration, type IterationStart, StartedIteration } from './iteration/started-iteration.ts';
export type { BlobKey, BlobKeyPart, NativeBinding, NativeCore } from './native/binding.ts';
export { nativeCore } from './native/binding.ts';
export * from './native/constants.ts';
export type { VectorIndexOptions, VectorRequest } from './native/native.js';
export type { OrderedBinding, OrderedKey } from './native/ordered-binding.ts';
export { type Platform, targetOf, thisPlatform } from './native/platform.ts';
export { findFile, findFileBeside, isBundled } from './native/program.ts';
export {
  isAnyArrayBuffer,
  isArrayBuffer,
  isError,
  isErrorNamed,
  isTagged,
  isUint8Array,
  messageOf,
} from './realms/any-realm.ts';
export { count, plural, printable } from './text/plain.ts';
