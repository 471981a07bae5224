// Calls every function of the binding with random arguments, also from functions that SQL calls and from getters. The
// process must not end; no call may panic or throw an error that is not ours.
// It runs as a process: fuzzer.ts SEED STEPS FOLDER [trace]
import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { Random } from '../../testing/src/random.ts';
import { GENERATED, type Kind, orderedKey, SIGNATURES } from './signatures.ts';
import { Values } from './values.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** Conditions of searches; some call functions of the user. */
const WHERE = [
  'SELECT rowid FROM v_rowids',
  'SELECT rowid FROM v_rowids WHERE rowid = ?',
  'SELECT pass(rowid) FROM v_rowids WHERE ? IS NOT NULL',
  'SELECT length(key) FROM seen',
  'SELECT 1 WHERE 0',
  'no SQL',
];

/** The greatest depth of calls inside calls, and the most calls inside one. */
const DEEPEST = 4;
const MOST_INSIDE = 40;
/** The number of steps after which the database is closed and another one created. */
const STEPS_PER_DATABASE = 400;

class Fuzzer {
  readonly #random: Random;
  readonly #values: Values;
  readonly #folder: string;
  readonly #trace: boolean;
  /** Whether functions run SQL of their own in the middle of writes, which can break SQLite's own indexes. */
  readonly #breaksIndexes: boolean;
  readonly #binding = nativeCore().binding;
  readonly #functions = new Map<string, AnyFunction>();
  readonly #foreignHandle: number;
  readonly #handles: number[] = [];
  readonly #trees: number[] = [0];
  readonly #lists: number[] = [0];
  readonly #flags: unknown[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #database!: Database.Database;
  #handle = 0;
  #depth = 0;
  #inside = 0;
  #databases = 0;
  readonly counts = { calls: 0, inside: 0, refused: 0 };

  constructor(seed: number, folder: string, foreignHandle: number, trace: boolean) {
    this.#random = new Random(seed);
    this.#values = new Values(this.#random);
    this.#values.mischief = () => this.#mischief();
    this.#folder = folder;
    this.#foreignHandle = foreignHandle;
    this.#trace = trace;
    this.#breaksIndexes = seed % 2 === 1;
    for (const name of Object.keys(SIGNATURES)) {
      this.#functions.set(name, (this.#binding as unknown as Record<string, AnyFunction>)[name] as AnyFunction);
    }
    const known = new Set([...Object.keys(SIGNATURES), 'setErrorFactory', 'CancelFlag', 'IndexProgress', 'load']);
    for (const name in this.#binding) assert.ok(known.has(name), `the fuzzer does not know ${name}`);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (step % STEPS_PER_DATABASE === 0) await this.#nextDatabase();
      this.#inside = 0;
      this.#call();
      // Promises of searches in other threads settle between the steps.
      if (step % 50 === 0) await new Promise(setImmediate);
    }
    await this.#nextDatabase();
  }

  /** Checks the last database, and creates another one. */
  async #nextDatabase(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#handle !== 0) {
      // If it was closed past our `close` while a statement ran, it is still open in SQLite, and better-sqlite3's
      // functions point to nothing.
      if (!this.#database.open && this.#binding.isOpen(this.#handle)) this.#handles.pop();
      if (this.#binding.isOpen(this.#handle)) this.#binding.finalizeStatements(this.#handle);
      if (this.#database.open) Database.prototype.close.call(this.#database);
    }
    if (this.#databases > 0 && !this.#breaksIndexes) {
      const left = new Database(this.#file());
      left.function('same', { deterministic: true }, (value) => value);
      left.function('pass', (value) => value);
      // For its tokenizer, which the check of FTS5's tables needs.
      openDatabase(left);
      assert.equal(left.pragma('integrity_check', { simple: true }), 'ok');
      left.close();
    }
    this.#databases++;
    this.#makeDatabase();
  }

  #file(): string {
    return join(this.#folder, `${this.#databases}.db`);
  }

  #makeDatabase(): void {
    const database = new Database(this.#file());
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = OFF');
    const connection = openDatabase(database);
    this.#database = database;
    this.#handle = connection.handle;
    this.#handles.push(connection.handle);
    const pass = (value: unknown) => {
      this.#mischief();
      return value;
    };
    database.function('pass', pass);
    database.function('same', { deterministic: true }, pass);
    database.exec(`
      CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB);
      CREATE TABLE watched (key BLOB PRIMARY KEY, value BLOB CHECK (pass(1)), twice BLOB AS (same(value)));
      CREATE INDEX by_value ON watched (same(value));
      CREATE TRIGGER a AFTER INSERT ON watched BEGIN SELECT pass(new.value); END;
      CREATE TRIGGER b BEFORE UPDATE ON watched BEGIN SELECT pass(1); END;
      CREATE TRIGGER c AFTER DELETE ON watched BEGIN INSERT INTO kv VALUES (randomblob(8), pass(old.key)); END;
      CREATE VIEW seen AS SELECT pass(key) AS key, pass(value) AS value FROM kv;
      CREATE TABLE media (name TEXT PRIMARY KEY, other INTEGER AS (same(length(name))), content BLOB);
      CREATE TABLE v_chunks (chunk_id INTEGER PRIMARY KEY, size INTEGER, validity BLOB, rowids BLOB);
      CREATE TABLE v_vector_chunks00 (rowid INTEGER PRIMARY KEY, vectors BLOB);
      CREATE TABLE v_metadatachunks00 (rowid INTEGER PRIMARY KEY, data BLOB);
      CREATE TABLE v_rowids (rowid INTEGER PRIMARY KEY, chunk_id INTEGER, chunk_offset INTEGER);
      INSERT INTO v_chunks VALUES (1, 8, x'03', zeroblob(64));
      INSERT INTO v_vector_chunks00 VALUES (1, randomblob(128));
      INSERT INTO v_metadatachunks00 VALUES (1, zeroblob(64));
      INSERT INTO v_rowids VALUES (0, 1, 0), (1, 1, 1);
      CREATE VIRTUAL TABLE tx USING fts5(content, value_ref UNINDEXED, tokenize = 'kohakuvault_words');
      CREATE TABLE tx_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL);
      CREATE TRIGGER d AFTER INSERT ON tx_values BEGIN SELECT pass(new.value); END;
      INSERT INTO tx_values (value) VALUES (x'00');
      INSERT INTO tx VALUES ('key1 and key2', 1);
    `);
    for (let row = 0; row < 40; row++) {
      database
        .prepare('INSERT INTO kv VALUES (?, randomblob(?))')
        .run(Buffer.from(`key${row}`), row % 9 === 0 ? 20_000 : row);
      database.prepare('INSERT INTO media (name, content) VALUES (?, zeroblob(?))').run(`key${row}`, row * 100);
    }
    // They are numbered from 0 on: the tables, the sites, the vectors, the watch, the texts, the index.
    for (const name of ['kv', 'watched', 'seen']) this.#binding.createKvTable(this.#handle, name, true);
    this.#binding.createBlobSite(this.#handle, 'media', 'content', ['name']);
    this.#binding.createBlobSite(this.#handle, 'media', 'content', ['name', 'other']);
    this.#binding.createVectorTable(this.#handle, 'v', 0, 4, false);
    this.#binding.createWatch(this.#handle);
    this.#binding.createTextTable(this.#handle, 'tx', ['content']);
    this.#binding.createVectorIndex(this.#handle, 'v', 0, 4, false);
  }

  /** Does what JavaScript may do in the middle of a call. */
  #mischief(): void {
    const random = this.#random;
    if (this.#depth === 0 || this.#inside++ > MOST_INSIDE || random.oneIn(3)) return;
    if (random.oneIn(2)) this.#values.spoil();
    if (random.oneIn(3) && this.#depth < DEEPEST) {
      this.counts.inside++;
      this.#call();
    }
    // This frees memory that was detached and is no longer referenced.
    if (random.oneIn(60)) (globalThis as { gc?: () => void }).gc?.();
    if (random.oneIn(60)) throw new Mine();
    if (random.oneIn(200)) this.#allowed(() => Database.prototype.close.call(this.#database));
    if (!this.#breaksIndexes) return;
    if (random.oneIn(40))
      this.#allowed(() => this.#database.exec(random.pick(['BEGIN', 'COMMIT', 'ROLLBACK', 'VACUUM'])));
    if (random.oneIn(60))
      this.#allowed(() => this.#database.exec('CREATE TABLE IF NOT EXISTS later (x); DROP TABLE later'));
    if (random.oneIn(40)) this.#allowed(() => this.#database.exec("INSERT INTO watched VALUES (randomblob(2), x'00')"));
  }

  #allowed(work: () => unknown): void {
    try {
      work();
    } catch {
      // better-sqlite3 and SQLite may refuse anything.
    }
  }

  #call(): void {
    const random = this.#random;
    const name = random.pick([...this.#functions.keys()]);
    const kinds = SIGNATURES[name] as readonly Kind[];
    let args = kinds.map((kind) => (random.oneIn(12) ? this.#values.anything() : this.#argument(kind)));
    if (random.oneIn(40)) args = args.slice(0, random.below(args.length + 1));
    if (this.#trace) writeSync(2, `${' '.repeat(this.#depth)}${name}(${args.map(shown).join(', ')})\n`);
    this.counts.calls++;
    this.#depth++;
    try {
      this.#keep(name, (this.#functions.get(name) as AnyFunction)(...args));
    } catch (error) {
      this.counts.refused++;
      this.#check(name, error);
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0) this.#expectNothingKept(name);
  }

  /** Checks that the core has fetched the error of a function, which better-sqlite3 keeps until then. */
  #expectNothingKept(name: string): void {
    const [inner] = Object.getOwnPropertySymbols(this.#database).map((symbol) => Reflect.get(this.#database, symbol));
    try {
      new (inner.constructor as new () => unknown)();
    } catch (error) {
      if (!(error instanceof TypeError)) throw new Error(`${name} left behind what a function threw`, { cause: error });
    }
  }

  #keep(name: string, result: unknown): void {
    if (name === 'treeLoad') this.#trees.push(result as number);
    if (name === 'listCreate' || name === 'listAttach') this.#lists.push(result as number);
    if (result instanceof Promise) {
      const settled = result.catch((error) => this.#check(name, error)).finally(() => this.#running.delete(settled));
      this.#running.add(settled);
    }
  }

  /** Checks that an error is ours, or one that the fuzzer's own JavaScript threw. */
  #check(name: string, error: unknown): void {
    const isOurs = error instanceof KohakuVaultError && !/defect in the native core/.test(error.message);
    const isFuzzers = error instanceof Mine || (error instanceof RangeError && /call stack/.test(error.message));
    const isGenerated = GENERATED.has(name) && error instanceof Error && !(error instanceof KohakuVaultError);
    if (!isOurs && !isFuzzers && !isGenerated) {
      throw new Error(`${name} threw what is not ours`, { cause: error });
    }
  }

  #argument(kind: Kind): unknown {
    const random = this.#random;
    const values = this.#values;
    switch (kind) {
      case 'handle':
        if (random.oneIn(40)) return random.pick([this.#foreignHandle, random.pick(this.#handles), values.number()]);
        return this.#handle;
      case 'table':
        return random.oneIn(20) ? random.below(7) : random.below(3);
      case 'site':
        return random.oneIn(20) ? random.below(7) : 3 + random.below(2);
      case 'vectors':
        return random.oneIn(8) ? random.below(7) : 5;
      case 'watch':
        return random.oneIn(8) ? random.below(8) : 6;
      case 'texts':
        return random.oneIn(8) ? random.below(9) : 7;
      case 'bit':
        return random.oneIn(8) ? 1 : 0;
      case 'key':
        return random.oneIn(3) ? values.view() : values.string();
      case 'keys':
        return values.array(() => this.#argument('key'));
      case 'blobKey':
        return random.oneIn(3) ? values.array(() => values.string(), 3) : values.string();
      case 'view':
        return values.view();
      case 'maybeView':
        return random.oneIn(2) ? undefined : values.view();
      case 'records':
        return values.records();
      case 'small':
      case 'code':
        return values.small();
      case 'flags':
        return random.below(32);
      case 'number':
        return values.number();
      case 'order':
        return random.oneIn(4) && !process.env.SKIP29 ? values.number() : 4 + random.below(60);
      case 'sql':
        return random.pick([
          ...['SELECT pass(1)', 'SELECT * FROM seen', 'BEGIN', 'BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s'],
          ...['RELEASE s', 'ROLLBACK TO s'],
          ...['DELETE FROM watched', "INSERT INTO watched VALUES (randomblob(3), x'00')"],
          ...['not SQL', '', 'SELECT 1; SELECT 2', 'UPDATE kv SET value = pass(value)', 'PRAGMA wal_checkpoint'],
        ]);
      case 'name':
        return random.pick(['kv', 'watched', 'seen', 'media', 'content', 'value', 'key', 'v', 'none', '"', 'a\0b']);
      case 'names':
        return values.array(() => random.pick(['key', 'name', 'other', 'none']), 4);
      case 'id':
        return values.bigint();
      case 'request':
        return this.#request();
      case 'requests':
        return values.array(() => this.#request());
      case 'lists':
        return random.oneIn(8) ? random.below(10) : 8;
      case 'listOptions':
        return this.#listOptions();
      case 'manyListOptions':
        return values.array(() => this.#listOptions());
      case 'progress':
        return random.oneIn(8) ? values.anything() : new this.#binding.IndexProgress();
      case 'cancel':
        return this.#cancelFlag();
      case 'path':
        return random.pick([undefined, this.#file(), this.#file(), join(this.#folder, 'none'), this.#folder, '']);
      case 'tree':
        return random.oneIn(10) ? values.number() : random.pick(this.#trees);
      case 'list':
        return random.oneIn(10) ? values.number() : random.pick(this.#lists);
      case 'shared':
        return random.oneIn(2) ? values.small() : values.number();
      case 'orderedKey':
        return orderedKey(values);
      case 'orderedKeys':
        return values.array(() => orderedKey(values));
    }
  }

  #listOptions(): unknown {
    const random = this.#random;
    const values = this.#values;
    return {
      probes: random.oneIn(2) ? undefined : values.number(),
      recall: random.oneIn(2) ? undefined : values.number(),
      listBytes: random.oneIn(4) ? values.number() : 1 << 20,
      state: random.oneIn(2) ? values.number() : random.below(3) - 1,
      inPlace: random.oneIn(2),
    };
  }

  #request(): unknown {
    const random = this.#random;
    const values = this.#values;
    const request: Record<string, unknown> = {
      queries: random.oneIn(6) ? values.view() : new Uint8Array(new ArrayBuffer(16 * random.below(4))),
      metric: random.oneIn(6) ? values.number() : random.below(4),
      limit: random.oneIn(3) ? values.number() : values.small(),
      only: random.oneIn(2) ? undefined : new BigInt64Array(random.below(9)),
      candidates: random.oneIn(2) ? undefined : values.number(),
      searchDimensions: random.oneIn(2) ? undefined : values.number(),
      whereSql: random.oneIn(2) ? undefined : random.pick(WHERE),
      whereParameters: random.oneIn(4) ? undefined : values.array(() => random.pick([1, 0.5, 2n ** 70n, 'x'])),
      whereState: random.oneIn(2) ? undefined : values.number(),
      residentBytes: random.oneIn(2) ? undefined : values.number(),
    };
    for (const name of Object.keys(request)) {
      if (!random.oneIn(8)) continue;
      const value = random.oneIn(3) ? values.anything() : request[name];
      Object.defineProperty(request, name, {
        get: () => {
          this.#mischief();
          return value;
        },
      });
    }
    return request;
  }

  #cancelFlag(): unknown {
    const random = this.#random;
    if (this.#flags.length < 5) this.#flags.push(new this.#binding.CancelFlag());
    if (random.oneIn(10)) {
      // Other native objects with its prototype.
      const inner = Object.getOwnPropertySymbols(this.#database).map((symbol) => Reflect.get(this.#database, symbol));
      const other = random.pick<object>([{}, new Map(), ...inner.filter((value) => typeof value === 'object')]);
      return random.oneIn(2) ? other : Object.create(this.#binding.CancelFlag.prototype);
    }
    const flag = random.pick(this.#flags) as { cancel(): void };
    if (random.oneIn(5)) flag.cancel();
    return flag;
  }
}

class Mine extends Error {}

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  if (typeof value === 'string') return JSON.stringify(value.length > 30 ? `${value.slice(0, 30)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.length}]`;
  return typeof value === 'object' && value !== null ? value.constructor?.name : String(value);
}

if (isMainThread) {
  const [, , seed, steps, folder, trace] = process.argv as [string, string, string, string, string, string?];
  // A connection of another thread, whose handle is used here.
  const worker = new Worker(new URL(import.meta.url));
  const foreign = await new Promise<number>((resolve) => worker.once('message', resolve));
  const fuzzer = new Fuzzer(Number(seed), folder, foreign, trace !== undefined);
  await fuzzer.run(Number(steps));
  await worker.terminate();
  const { calls, inside, refused } = fuzzer.counts;
  console.log(`seed ${seed}: ${calls} calls, ${inside} of them inside others; ${refused} were refused`);
  // Lists may have open waits, which keep a process running.
  process.exit();
} else {
  const connection = openDatabase(':memory:');
  parentPort?.on('message', () => {});
  parentPort?.postMessage(connection.handle);
}
