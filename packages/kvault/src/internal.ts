/**
 * What sibling packages that keep entries elsewhere use, in exact versions. Nothing here is stable for other code. It
 * needs no SQLite.
 */
export { checkDeleteRange, checkPair, isRange, listOf, pairsOf } from './arguments.ts';
export type { AsyncBlobHandle, AsyncKVault, AsyncPutFileOptions } from './async-kvault.ts';
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
export { type KeyRange, NO_LIMIT, type ResolvedRange, resolveRange } from './keys/range.ts';
export { onAbort } from './streams/abort.ts';
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
export { checkAutoOptions, VALUE_RULES } from './value-options.ts';
export { type KeyedCodec, keyedCodec } from './values/keyed-codec.ts';
export type { Storable, Stored, Wrapped } from './values/wrapped.ts';
