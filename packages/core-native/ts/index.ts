export type { BlobKey, BlobKeyPart, NativeBinding, NativeCore } from './binding.ts';
export { Mark, nativeCore, PageFlag } from './binding.ts';
export { refuseDetached } from './detached.ts';
export type { ErrorCode } from './errors.ts';
export {
  CorruptData,
  DatabaseBusy,
  errorOf,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from './errors.ts';
export type { VectorRequest } from './native.js';
export { checkOptions, closest, describe, type OptionRule, rules } from './options.ts';
export { LIMIT, type OrderedBinding, type OrderedKey, REVERSE } from './ordered-binding.ts';
export { type Platform, targetOf, thisPlatform } from './platform.ts';
