// The platform package is broken: the error says what was expected, and its cause is the system's error.
import assert from 'node:assert/strict';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';

const [, , part, causeCode] = process.argv;

assert.throws(nativeCore, (error) => {
  assert.ok(error instanceof KohakuVaultError);
  assert.equal(error.code, 'KV_NATIVE_MISSING');
  assert.ok(error.message.includes(part), error.message);
  assert.equal(error.cause.code, causeCode);
  return true;
});
