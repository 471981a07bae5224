import assert from 'node:assert/strict';
import { type ErrorCode, KohakuVaultError } from '@kohakuvault/core-native';

/** Asserts that a call throws a `KohakuVaultError` with the code, and returns the error. */
export function assertCode(code: ErrorCode, call: () => unknown, what = String(call)): KohakuVaultError {
  const error = thrownBy(call, what);
  assert.ok(error instanceof KohakuVaultError, `${what}: expected a KohakuVaultError, got ${String(error)}`);
  assert.equal(error.code, code, `${what}: ${error.message}`);
  return error;
}

/** Returns what a call throws. */
export function thrownBy(call: () => unknown, what = String(call)): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return error;
  }
  assert.fail(`${what}: expected an error, and the call returned ${String(result)}`);
}
