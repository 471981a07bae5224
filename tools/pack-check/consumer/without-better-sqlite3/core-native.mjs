import assert from 'node:assert/strict';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/database';

assert.equal(nativeCore().binding.openConnections(), 0);

assert.throws(
  () => openDatabase(':memory:'),
  (error) => error instanceof KohakuVaultError && error.code === 'KV_RUNTIME_UNSUPPORTED',
);
