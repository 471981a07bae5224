export type { AsyncColumn, AsyncColumns, AsyncFollowing, AsyncFrame } from '@kohakuvault/columns';
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
export type { AsyncDocumentVault, AsyncTexts } from '@kohakuvault/text';
export type { AsyncVectors } from '@kohakuvault/vector';
export type { Later, Settled } from './later.ts';
export { type OpenOptions, open } from './open.ts';
export type { RemoteColumn } from './remote-column.ts';
export type { RemoteColumns } from './remote-columns.ts';
export type { RemoteDocuments } from './remote-documents.ts';
export type { RemoteFrame } from './remote-frame.ts';
export type { RemoteKVault } from './remote-kvault.ts';
export type { RemoteTexts } from './remote-texts.ts';
export type { RemoteVectors } from './remote-vectors.ts';
export type { AsyncStore } from './store.ts';
export type { KVaultSteps, StepsOf, StoreTransaction } from './transaction.ts';
