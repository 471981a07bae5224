// Writes one value and ends, for a test that waits for this and blocks its thread.
import Database from 'better-sqlite3';

const [file = '', text = ''] = process.argv.slice(2);
const database = new Database(file);
database.prepare("UPDATE media SET content = ? WHERE name = 'film'").run(Buffer.from(text));
database.close();
