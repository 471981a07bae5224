// Begins a transaction, reports that, and never ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const connection = openDatabase(workerData.file);
const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });
connection.transaction(() => {
  site.write('film', Buffer.from('half'));
  parentPort?.postMessage('in the transaction');
  // Blocks the thread with the transaction open, until terminate() interrupts it.
  for (;;) site.size('film');
});
