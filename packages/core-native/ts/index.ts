export { refuseDetached } from './checks/detached.ts';
export { checkOptions, closest, describe, type OptionRule, rules } from './checks/options.ts';
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
export type { BlobKey, BlobKeyPart, NativeBinding, NativeCore } from './native/binding.ts';
export { Mark, nativeCore, PageFlag } from './native/binding.ts';
export type { VectorRequest } from './native/native.js';
export { LIMIT, type OrderedBinding, type OrderedKey, REVERSE } from './native/ordered-binding.ts';
export { type Platform, targetOf, thisPlatform } from './native/platform.ts';
