import type { BlobSite, Connection } from '@kohakuvault/core-native/internal/database';

/** Creates a table with one long value, and returns the site of its values. */
export function mediaTable(connection: Connection, size = 1_000): BlobSite {
  // Uses the connection's own transaction: taking the Database would end the shared read snapshots.
  connection.transaction(() => {
    connection.write(() => {
      const { database } = connection.shared;
      database.exec('CREATE TABLE IF NOT EXISTS media (name TEXT PRIMARY KEY, content BLOB NOT NULL)');
      database.prepare('INSERT OR REPLACE INTO media VALUES (?, zeroblob(?))').run('film', size);
    });
  });
  return connection.blobs({ table: 'media', column: 'content', key: 'name' });
}
