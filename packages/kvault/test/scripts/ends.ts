// Puts writes into a cache and ends as it is asked: node ends.ts FILE HOW
import { Worker } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';

const [file = '', how = ''] = process.argv.slice(2);
const HOLD = { autoFlush: false } as const;
/** What must not be collected. */
const kept: unknown[] = [];
const QUICK = { busyTimeout: 0, retries: 0 };

/** Opens a vault with two pending writes. */
function opened(options: object = HOLD): KVault {
  const vault = new KVault(file, QUICK);
  kept.push(vault);
  vault.enableCache(options);
  return vault.set('a', 1).set('b', 2);
}

/** Waits until somebody ends the process. */
function wait(): void {
  setInterval(() => {}, 1_000);
  process.send?.('ready');
}

function onDatabase(): { database: Database.Database; vault: KVault } {
  const database = new Database(file);
  const vault = new KVault(database);
  kept.push(vault);
  vault.enableCache(HOLD);
  return { database, vault };
}

const ENDINGS: Record<string, () => unknown> = {
  'the program ends': () => opened(),
  'process.exit': () => {
    opened();
    process.exit(0);
  },
  'an uncaught throw': () => {
    opened();
    throw new Error('meant to end the program');
  },
  'a rejection': () => {
    opened();
    void Promise.reject(new Error('meant to end the program'));
  },
  'a later exit listener writes': () => {
    const vault = opened();
    process.on('exit', () => vault.set('late', 3));
  },
  'process.exit in lockCache': () => {
    const vault = opened();
    vault.lockCache(() => {
      vault.set('c', 3);
      process.exit(0);
    });
  },
  'process.exit in transaction': () => {
    const vault = opened();
    vault.transaction(() => {
      vault.set('undone', 3);
      process.exit(0);
    });
  },
  'process.exit in snapshot': () => {
    const vault = opened();
    vault.snapshot(() => process.exit(0));
  },
  "the user's Database": () => onDatabase().vault.set('a', 1).set('b', 2),
  "the user's transaction": () => {
    const { database, vault } = onDatabase();
    vault.set('a', 1).set('b', 2);
    database.exec('BEGIN');
    vault.set('undone', 3);
  },
  'the vault was closed in a transaction': () => {
    const vault = opened();
    vault.database.exec('BEGIN');
    vault.set('undone', 3);
    vault.close();
  },
  'a Database that was closed past us': () => {
    const { database, vault } = onDatabase();
    vault.set('lost', 1);
    Object.getPrototypeOf(database).close.call(database);
  },
  'a busy file': () => {
    opened();
    kept.push(new Database(file).exec('BEGIN IMMEDIATE'));
  },
  'a signal without a handler': () => {
    opened({ ...HOLD, flushOnSignals: true });
    wait();
  },
  'a signal after the cache was disabled': () => {
    const vault = opened({ ...HOLD, flushOnSignals: true });
    vault.disableCache();
    console.log(process.listenerCount('SIGTERM'));
    wait();
  },
  'a signal with a handler': () => {
    opened({ ...HOLD, flushOnSignals: true });
    process.once('SIGTERM', () => {
      const seen = new KVault(new Database(file, { readonly: true }));
      setTimeout(() => process.exit(seen.size === 2 ? 5 : 6), 20);
    });
    wait();
  },
  'a signal that nobody asked for': () => {
    opened();
    wait();
  },
  'a worker': () => worker('the program ends'),
  'a worker that exits': () => worker('process.exit'),
  'a worker that throws': () => worker('an uncaught throw'),
  'signals in a worker': () => worker('a signal without a handler'),
};

function worker(what: string): void {
  const thread = new Worker(new URL(import.meta.url), { argv: [file, what] });
  thread.on('error', (error) => console.log(String(error)));
}

ENDINGS[how]?.();
