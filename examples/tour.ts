// A tour of what is there so far: `npx -y pnpm@12 demo` runs it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { openDatabase } from '@kohakuvault/core-native/database';

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-tour-'));
const file = join(folder, 'tour.db');

{
  using connection = openDatabase(file);
  console.log(`One SQLite file: ${file}`);
  connection.transaction(() => {
    connection.database.exec('CREATE TABLE media (name TEXT PRIMARY KEY, content BLOB NOT NULL)');
    connection.database.prepare('INSERT INTO media VALUES (?, zeroblob(?))').run('film', 64 * 1024 * 1024);
  });

  // The Rust core works on better-sqlite3's own connection: ranges of a large value are written and read in place.
  const media = connection.blobs({ table: 'media', column: 'content', key: 'name' });
  media.write('film', Buffer.from('The end.'), 64 * 1024 * 1024 - 8);
  const credits = Buffer.alloc(8);
  media.read('film', credits, 64 * 1024 * 1024 - 8);
  console.log(`The last 8 of ${media.size('film')?.toLocaleString('en')} bytes: ${credits}`);

  // What fails inside a transaction never happened.
  try {
    connection.transaction(() => {
      media.write('film', Buffer.from('A new beginning'));
      throw new Error('no, rather not');
    });
  } catch {
    const start = Buffer.alloc(4);
    media.read('film', start);
    console.log(`After the rollback the film begins with ${start.toString('hex')}`);
  }

  try {
    media.write('film', Buffer.from('too long'), 64 * 1024 * 1024);
  } catch (error) {
    if (error instanceof KohakuVaultError) console.log(`${error.code}: ${error.message}`);
  }
  const { log, checkpointed } = connection.checkpoint('full');
  console.log(`Checkpoint: ${checkpointed} of ${log} pages of the WAL are in the file`);
}

console.log(`Closed: one file of ${statSync(file).size.toLocaleString('en')} bytes, and nothing beside it`);
rmSync(folder, { recursive: true });
