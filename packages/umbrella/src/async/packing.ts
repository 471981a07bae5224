import { errorOf, isError, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { Version } from '@kohakuvault/kvault/internal';
import { Cbor, decodeValue, encodeValue, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
import type { Failure } from './messages.ts';

const WRAPPERS = { MsgPack, Json, Cbor, Pickle };
type WrapperName = keyof typeof WRAPPERS;
const NAMED_WRAPPERS = Object.entries(WRAPPERS);
/** The property that says that an object stands for a value in a wrapper. No value of a user has this name. */
const WRAPPED = '\u0000kohakuvault.wrapped';

/**
 * Packs values for another thread as vaults store them, so that every value that a vault takes arrives as it was. The
 * bytes have memory of their own, which can be transferred.
 */
export function pack(values: readonly unknown[]): Uint8Array {
  return new Uint8Array(encodeValue(values));
}

export function unpack(bytes: Uint8Array): unknown[] {
  return decodeValue(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as unknown[];
}

/** Returns a value as it can be packed: a wrapper that chooses an encoding becomes an object. */
export function withoutWrapper(value: unknown): unknown {
  // Most values are none, and this is asked for each of a million.
  if (typeof value !== 'object' || value === null) return value;
  if (Version.isVersion(value)) return { [WRAPPED]: 'Version', value: String(value) };
  for (const [name, Wrapper] of NAMED_WRAPPERS) {
    if (value instanceof Wrapper) return { [WRAPPED]: name, value: value.value };
  }
  return value;
}

/** Returns the value that `withoutWrapper` was given. */
export function withWrapper(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, WRAPPED)) return value;
  const given = value as { [WRAPPED]: WrapperName | 'Version'; value: unknown };
  if (given[WRAPPED] === 'Version') return new Version(given.value as string);
  return new WRAPPERS[given[WRAPPED]](given.value);
}

export function failureOf(error: unknown): Failure {
  if (!isError(error)) return { code: undefined, name: 'Error', message: String(error) };
  const code = error instanceof KohakuVaultError ? error.code : undefined;
  return { code, name: error.name, message: error.message };
}

/** Returns the error that the other thread has sent. */
export function errorFrom({ code, name, message }: Failure): Error {
  if (code !== undefined) return errorOf(code, message);
  const error = new Error(message);
  error.name = name;
  return error;
}
