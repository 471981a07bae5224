import {
  checkOptions,
  checkSyncBody,
  describe,
  InvalidArgument,
  isTagged,
  type OptionRule,
  rules,
} from '@kohakuvault/core-native/internal';
import type { ExpiryOptions } from '../expiry/expiry-options.ts';
import type { Key } from '../keys/keys.ts';

interface Chunked {
  /** The number of bytes handled at a time. Default: the vault's chunkSize. */
  chunkSize?: number | undefined;
  /** Aborts the work: the promise is rejected, or the stream destroyed, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface PutFileOptions extends Chunked, ExpiryOptions {
  /** The number of bytes that the source must give. Fewer or more are refused. */
  size?: number | undefined;
  /** Called after each chunk with the number of bytes that are done and, if it is known, of all bytes. */
  onProgress?: ((done: number, total?: number) => void) | undefined;
  /**
   * Called in the transaction that makes the bytes the key's value, so that what it writes on this connection is
   * committed with the value or not at all. If it throws, nothing is stored. It must not return a promise.
   */
  onCommit?: ((info: PutInfo) => void) | undefined;
}

/** What has been stored. */
export interface PutInfo {
  readonly key: Key;
  /** The number of bytes. */
  readonly size: number;
}

/** For streams out. */
interface Held {
  /**
   * How many milliseconds a stream keeps its state of the file, which keeps the WAL from being emptied. After that it
   * looks whether the value is still the same, and fails with `KV_STALE` if not. Default 10,000, but less for a value
   * in parts while the WAL is longer than 64 MiB.
   */
  holdMs?: number | undefined;
}

export interface GetToFileOptions extends Chunked, Held {
  /** Called after each chunk with the number of bytes that are done, and of all bytes. */
  onProgress?: ((done: number, total?: number) => void) | undefined;
}

export interface ReadStreamOptions extends Chunked, Held {
  /** The first byte. Default 0. */
  start?: number | undefined;
  /** The last byte, inclusive, as in fs.createReadStream. Default: the value's last byte. */
  end?: number | undefined;
}

export interface BlobOptions {
  /** Whether `write` may be called. Default false. */
  writable?: boolean | undefined;
}

/** The largest chunk. Larger ones are not faster, and a BLOB write takes at most 2 GiB. */
export const LARGEST_CHUNK = 256 * 1024 * 1024;
export const chunkSizeRule = rules.wholeNumber(1, LARGEST_CHUNK);

const signal: OptionRule = {
  expected: 'an AbortSignal',
  accepts: (value) => isTagged(value, 'AbortSignal'),
};
const callback: OptionRule = { expected: 'a function', accepts: (value) => typeof value === 'function' };
const CHUNKED = { chunkSize: chunkSizeRule, signal };
const offset = rules.wholeNumber(0);
const holdMs = rules.wholeNumber(0, 0x7fffffff);

/** `more` are the rules of the options that not every kind of vault has. */
export function checkPutOptions(
  owner: string,
  options: PutFileOptions | undefined,
  more: Record<string, OptionRule> = {},
): PutFileOptions {
  checkOptions(owner, options, { ...CHUNKED, size: offset, onProgress: callback, onCommit: callback, ...more });
  // An async function would go on after the transaction has ended, even if its promise is refused.
  if (options?.onCommit) checkSyncBody('onCommit', options.onCommit);
  return options ?? {};
}

export function checkGetOptions(options: GetToFileOptions | undefined): GetToFileOptions {
  checkOptions('getToFile', options, { ...CHUNKED, holdMs, onProgress: callback });
  return options ?? {};
}

export function checkReadOptions(options: ReadStreamOptions | undefined): ReadStreamOptions {
  // The end of an empty range is before its start: -1 if that is 0.
  checkOptions('createReadStream', options, { ...CHUNKED, holdMs, start: offset, end: rules.wholeNumber(-1) });
  const { start = 0, end = Number.MAX_SAFE_INTEGER - 1 } = options ?? {};
  if (start > end + 1) {
    throw new InvalidArgument(`createReadStream: start is ${start}; expected at most end + 1, which is ${end + 1}`);
  }
  return options ?? {};
}

export function checkBlobOptions(options: BlobOptions | undefined): BlobOptions {
  checkOptions('openBlob', options, { writable: rules.boolean });
  return options ?? {};
}

/** Refuses an offset or a length of a handle that is not a whole number. */
export function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgument(`the ${name} is ${describe(value)}; expected a whole number from 0 on`);
  }
}

/** Refuses a source that has given another number of bytes than expected. */
export function checkSize(given: number, expected: number | undefined): void {
  if (expected !== undefined && given !== expected) {
    const problem = given < expected ? 'too short' : 'too long';
    throw new InvalidArgument(`the source is ${problem}: it has ${given} bytes; expected ${expected}`);
  }
}
