// Another process on the same file: writes, checkpoints or holds the lock on request.
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const connection = openDatabase(process.argv[2] as string);
const { database } = connection;
const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });

process.on('message', (message: string) => {
  process.send?.(answer(message));
});

function answer(message: string): unknown {
  switch (message) {
    case 'ready':
      return true;
    case 'lock':
      database.exec('BEGIN IMMEDIATE');
      return true;
    case 'unlock':
      database.exec('COMMIT');
      return true;
    case 'unlock soon':
      setTimeout(() => database.exec('COMMIT'), 150);
      return true;
    case 'truncate':
      return connection.checkpoint('truncate');
    default:
      return site.write('film', Buffer.from(message));
  }
}
