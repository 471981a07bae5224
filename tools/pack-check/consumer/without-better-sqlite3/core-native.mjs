import assert from 'node:assert/strict';
import { openDatabase } from '@kohakuvault/core-native/database';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';

assert.equal(nativeCore().binding.openConnections(), 0);

assert.throws(
  () => openDatabase(':memory:'),
  (error) => error instanceof KohakuVaultError && error.code === 'KV_RUNTIME_UNSUPPORTED',
);
