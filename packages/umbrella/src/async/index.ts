export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native/internal';
export type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from '@kohakuvault/kvault';
export { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
export type { AsyncColumn, AsyncColumns } from './async-columns.ts';
export type { Later, Settled } from './later.ts';
export { type OpenOptions, open } from './open.ts';
export type { AsyncChange, RemoteKVault } from './remote-kvault.ts';
export type { AsyncStore, AsyncTexts, AsyncVectors } from './store.ts';
export type { KVaultSteps, StepsOf, TransactionSteps } from './transaction.ts';
