const start = performance.now();
const { default: Database } = await import('better-sqlite3');
const database = new Database(process.argv[2]);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
const value = database.prepare('SELECT value FROM kv WHERE key = ?').pluck().get(Buffer.from('key:500'));
if (value?.length !== 100) throw new Error('not found');
console.log((performance.now() - start) * 1e6);
database.close();
