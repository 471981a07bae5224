// One file, opened by an ES module and by a CommonJS module of one process, is one connection.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { openDatabase } from '@kohakuvault/core-native/database';
import { nativeCore } from '@kohakuvault/core-native/internal';
import openFromCommonJs from './open.cjs';

const path = 'shared.db';
const a = openDatabase(path);
const b = openFromCommonJs(path);
const { database } = a;
assert.equal(database, b.database, 'each has a connection of its own');
assert.equal(nativeCore().binding.openConnections(), 1);

a.close();
b.write(() => database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)'));
assert.deepEqual(database.prepare('SELECT x FROM t').get(), { x: 1 });

b.close();
assert.equal(database.open, false, 'the last share did not close the connection');
assert.equal(nativeCore().binding.openConnections(), 0);
rmSync(path);
