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
} from '@kohakuvault/kvault';
export { Version } from '@kohakuvault/kvault/internal';
export { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
export type { AsyncColumn, AsyncColumns } from './async-columns.ts';
export type { Later, Settled } from './later.ts';
export { type OpenOptions, open } from './open.ts';
export type { RemoteKVault } from './remote-kvault.ts';
export type { AsyncStore, AsyncTexts, AsyncVectors } from './store.ts';
export type { KVaultSteps, StepsOf, StoreTransaction } from './transaction.ts';
