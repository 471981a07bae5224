// With the probe build: a panic in Rust, and the same connection afterwards.
import assert from 'node:assert/strict';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const connection = openDatabase(process.argv[2] as string);
const { probePanic } = nativeCore().binding as unknown as { probePanic(handle: number): void };
for (let round = 0; round < 3; round++) {
  assert.throws(
    () => probePanic(connection.handle),
    (error) =>
      error instanceof KohakuVaultError && error.code === 'KV_ERROR' && error.message.includes('asked for by a test'),
  );
}
connection.transaction(() => connection.database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)'));
assert.equal(connection.database.prepare('SELECT x FROM t').pluck().get(), 1);
connection.close();
console.log('usable');
