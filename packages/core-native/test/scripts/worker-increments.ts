import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const connection = openDatabase(workerData.file);
const { database } = connection;
const count = connection.transaction(() => {
  database.exec('CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
  database.prepare('INSERT OR IGNORE INTO counter VALUES (1, zeroblob(1))').run();
  const site = connection.blobs({ table: 'counter', column: 'bytes', key: 'id' });
  const byte = new Uint8Array(1);
  site.read(1, byte);
  byte[0] = (byte[0] ?? 0) + 1;
  site.write(1, byte);
  return byte[0];
});
// It stays open: the end of the environment must close it.
parentPort?.postMessage(count);
