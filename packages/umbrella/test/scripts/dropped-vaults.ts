// dropped-vaults.ts FOLDER: what vaults leave that are never closed. Run with --expose-gc; prints JSON.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { ColumnVault, KVault, VectorKVault } from 'kohakuvault';

const folder = process.argv[2] as string;
const COUNT = 60;
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

/** Returns the number of open files of this process. */
const descriptors = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);

/** Collects garbage until a condition holds, or for a long time. */
async function until(condition: () => boolean, turns = 300): Promise<boolean> {
  for (let turn = 0; turn < turns; turn++) {
    globalThis.gc?.();
    await later(5);
    if (condition()) return true;
  }
  return false;
}

const pathOf = (name: string) => join(folder, `${name}.db`);

/** Returns what another connection finds. */
function stored(name: string): Record<string, unknown> {
  const database = new Database(pathOf(name), { readonly: true });
  const kv = new KVault(database);
  const seen: Record<string, unknown> = Object.fromEntries(kv);
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'col_meta'").get()) {
    seen.column = [...new ColumnVault(database).column('a')];
  }
  database.close();
  return seen;
}

function dropOne(name: string, how: string): void {
  const source = how === 'database' ? new Database(pathOf(name)) : pathOf(name);
  const kv = new KVault(source);
  const cv = new ColumnVault(how === 'shared' ? kv : source);
  kv.set('written', 1);
  kv.enableCache();
  kv.set('pending', 2);
  const column = cv.createColumn('a', 'i32');
  column.enableCache({ flushInterval: 100_000 });
  column.extend([1, 2, 3]);
  // Everything that refers to its vault, and has ended.
  [...kv];
  if (how === 'path') kv.database.exec('CREATE TABLE theirs (x)');
  else if (how === 'shared') {
    const vk = new VectorKVault(kv, { dimensions: 2 });
    vk.insert([1, 2], 'x');
    vk.search([1, 2]);
    vk.search([1, 2]);
  }
}

/** A separate function, so that nothing stays on the stack. */
function dropMany(how: string): void {
  for (let index = 0; index < COUNT; index++) dropOne(`${how} ${index}`, how);
}

async function dropped(how: string) {
  const before = descriptors();
  warnings.length = 0;
  dropMany(how);
  const held = descriptors() - before;
  const areReleased = await until(() => descriptors() <= before);
  const files: Record<string, unknown>[] = [];
  for (let index = 0; index < COUNT; index++) files.push(stored(`${how} ${index}`));
  const expected = JSON.stringify({ pending: 2, written: 1, column: [1, 2, 3] });
  return {
    held,
    areReleased,
    complete: files.filter((file) => JSON.stringify(file) === expected).length,
    named: new Set(warnings.map((warning) => / \d+\.db/.exec(warning)?.[0])).size,
    sample: warnings[0],
  };
}

function dropCached(name: string): void {
  const kv = new KVault(pathOf(name), { busyTimeout: 0, retries: 0 });
  kv.enableCache();
  kv.set('pending', 2);
}

/** Drops a vault while another connection has locked the file. */
async function locked() {
  const before = descriptors();
  warnings.length = 0;
  new KVault(pathOf('locked')).close();
  const other = new Database(pathOf('locked'));
  other.exec('BEGIN IMMEDIATE');
  dropCached('locked');
  const isTold = await until(() => warnings.some((warning) => warning.includes('could not be flushed')));
  other.exec('COMMIT');
  other.close();
  const again = new KVault(pathOf('locked'));
  const seen = again.get('pending');
  again.close();
  return { isTold, seen, stored: stored('locked'), areReleased: await until(() => descriptors() <= before) };
}

/** Objects that keep a vault alive, each from a separate function. */
const KEEPERS: Record<string, () => { use: () => unknown; expected: unknown }> = {
  Column: () => {
    const column = new ColumnVault(pathOf('Column')).createColumn('a', 'i32');
    column.extend([1, 2]);
    return { use: () => [...column], expected: [1, 2] };
  },
  BlobHandle: () => {
    const blob = new KVault(pathOf('BlobHandle')).set('a', Buffer.from('bytes')).openBlob('a');
    return { use: () => blob.read(0, 5).toString(), expected: 'bytes' };
  },
  'a read stream': () => {
    const kv = new KVault(pathOf('a read stream'));
    const stream = kv.set('a', Buffer.alloc(3_000_000, 1)).createReadStream('a', { chunkSize: 100_000 });
    return {
      use: async () => {
        let length = 0;
        for await (const chunk of stream) length += chunk.length;
        return length;
      },
      expected: 3_000_000,
    };
  },
  'a write stream': () => {
    const stream = new KVault(pathOf('a write stream')).createWriteStream('a');
    stream.write(Buffer.from('part'));
    return {
      use: async () => {
        await new Promise<void>((done) => stream.end(Buffer.from('end'), done));
        return stored('a write stream').a?.toString();
      },
      expected: 'partend',
    };
  },
  'an iterator': () => {
    const iterator = new KVault(pathOf('an iterator')).set('a', 1).set('b', 2).keys();
    iterator.next();
    return { use: () => [...iterator], expected: ['b'] };
  },
  'an iterator of vectors': () => {
    const vk = new VectorKVault<number>(pathOf('an iterator of vectors'), { dimensions: 2 });
    vk.insertMany([
      [[1, 2], 1],
      [[1, 2], 2],
    ]);
    const iterator = vk[Symbol.iterator]();
    iterator.next();
    return { use: () => [...iterator].map(([, , value]) => value), expected: [2] };
  },
  'an iterator of a column': () => {
    const column = new ColumnVault(pathOf('an iterator of a column')).createColumn('a', 'i32');
    column.extend([1, 2]);
    const iterator = column[Symbol.iterator]();
    iterator.next();
    return { use: () => [...iterator], expected: [2] };
  },
  'an object view': () => {
    const view = new KVault(pathOf('an object view')).set('a', 1).asObject();
    return { use: () => view.a, expected: 1 };
  },
  'the Database of a vault': () => {
    const { database } = new KVault(pathOf('the Database of a vault')).set('a', 1);
    // Another vault on it adds one.
    return {
      use: () => [database.prepare('SELECT count(*) FROM kv').pluck().get(), new KVault(database).get('a')],
      expected: [1, 1],
    };
  },
  'another vault': () => {
    const other = new ColumnVault(new KVault(pathOf('another vault')).set('a', 1));
    return { use: () => other.listColumns(), expected: [] };
  },
};

async function kept() {
  const wrong: Record<string, unknown> = {};
  for (const [name, make] of Object.entries(KEEPERS)) {
    const { use, expected } = make();
    await until(() => false, 10);
    const seen = await Promise.resolve(use()).catch((error: unknown) => String(error));
    if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong[name] = seen;
  }
  return wrong;
}

const report: Record<string, unknown> = {};
for (const how of ['path', 'database', 'shared']) report[how] = await dropped(how);
report.locked = await locked();
report.wrong = await kept();
console.log(JSON.stringify(report));
rmSync(folder, { recursive: true, force: true });
