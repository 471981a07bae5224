import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import { METHODS } from '../support/methods.ts';

const connection = openDatabase(workerData.file);
const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });
parentPort?.postMessage(
  METHODS.map(({ name, call }) => {
    try {
      call({ connection, site });
      return `${name}: works`;
    } catch (error) {
      return `${name}: ${error}`;
    }
  }),
);
