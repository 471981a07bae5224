// Another process that reads an old state of the file, until it is told to end.
import Database from 'better-sqlite3';

const database = new Database(process.argv[2] as string);

process.on('message', (message: string) => {
  if (message === 'begin') {
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM media').get();
  } else {
    database.exec('COMMIT');
  }
  process.send?.(process.pid);
});
