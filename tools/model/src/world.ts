import { isDeepStrictEqual } from 'node:util';
import { ColumnVault, type Column as RealColumn } from '@kohakuvault/columns';
import { DatabaseBusy, KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import type { Random } from '../../crash/src/random.ts';
import { Cache } from './cache.ts';
import type { Helper } from './helper.ts';
import { Mismatch, show } from './mismatch.ts';
import { type Level, Model } from './model.ts';
import type { ColumnType } from './state.ts';
import { DIMENSIONS } from './values.ts';

/**
 * How the main connection comes about: the user's own Database, in WAL mode or not; or a path, where the user then takes the vault's
 * `database`, or never does.
 */
export const KINDS = ['handed', 'journal', 'taken', 'private'] as const;
export type Kind = (typeof KINDS)[number];

export interface Entries {
  readonly name: string;
  readonly vault: KVault;
  readonly cache: Cache;
}

export interface Columns {
  readonly name: string;
  readonly vault: ColumnVault;
  readonly cache: Cache;
  readonly own: Map<string, Cache>;
  readonly handles: Map<string, { column: RealColumn; dtype: ColumnType }>;
}

/** What a call under way may have changed half, so that a function called within it cannot tell what to expect. */
export interface Touched {
  readonly keys?: readonly string[] | 'all';
  readonly columns?: readonly string[] | 'all';
  readonly vectors?: boolean;
}

export interface Call<T> {
  readonly what: string;
  /** What has to be free: the file; the file in a transaction only, for what is gathered in memory; or nothing, for reads. */
  readonly needs: 'file' | 'memory' | 'nothing';
  readonly touched?: Touched;
  readonly real: () => T;
  /** Changes the model, and tells what is to be returned. Called after the real call. */
  readonly expected: () => unknown;
  /** Codes of which an error must carry one; nothing changes then. */
  readonly throws?: readonly string[] | undefined;
}

export interface WorldSetup {
  readonly path: string;
  readonly kind: Kind;
  readonly random: Random;
  readonly helper: Helper | undefined;
  readonly log: (line: string) => void;
}

/** The real vaults and connections of one round, and the model beside them. */
export class World {
  readonly model = new Model();
  readonly random: Random;
  readonly kind: Kind;
  readonly path: string;
  readonly helper: Helper | undefined;
  /** The main connection, where the user has it. */
  readonly db: Database.Database | undefined;
  readonly kvs: readonly Entries[];
  readonly cvs: readonly Columns[];
  readonly vectors: VectorKVault;
  /** Another connection of the same thread, without the library. */
  readonly second: Database.Database;
  readonly readers: { kv: KVault; columns: ColumnVault; vectors: VectorKVault };
  readonly locks = { kv: 0, columns: 0 };
  /** While other connections are to keep still: a loop over entries reads ahead of what they commit. */
  isQuiet = false;
  /** How many of our transactions are open. */
  ours = 0;
  /** The transaction in which the outermost body of ours runs. */
  around: Level | undefined;
  /** How deep bodies are nested. */
  depth = 0;
  steps = 0;
  touched: Touched = {};
  /** What a function found that SQLite called. */
  found: Mismatch | undefined;
  readonly #log: (line: string) => void;

  constructor({ path, kind, random, helper, log }: WorldSetup) {
    this.path = path;
    this.kind = kind;
    this.random = random;
    this.helper = helper;
    this.#log = log;
    const impatient = { retries: 0, busyTimeout: 0 };
    const isHanded = kind === 'handed' || kind === 'journal';
    if (isHanded) {
      this.db = new Database(path, { timeout: 0 });
      this.db.pragma(`journal_mode = ${kind === 'handed' ? 'WAL' : 'DELETE'}`);
    }
    const source = this.db ?? path;
    const options = isHanded ? { retries: 0 } : impatient;
    // In memory of its own less than the columns take, so that pieces come and go.
    const residentBytes = random.oneIn(2) ? 4_000 : 64 * 2 ** 20;
    const kv = new KVault(source, options);
    if (kind === 'taken') this.db = kv.database;
    this.kvs = [kv, new KVault(random.oneIn(2) ? source : kv, options)].map((vault, at) => {
      return { name: `kv${at}`, vault, cache: new Cache() };
    });
    this.cvs = [0, 1].map((at) => ({
      name: `columns${at}`,
      vault: new ColumnVault(source, { ...options, residentBytes, minChunkBytes: 64, maxChunkBytes: 1024 }),
      cache: new Cache(),
      own: new Map(),
      handles: new Map(),
    }));
    this.vectors = new VectorKVault(source, {
      ...options,
      dimensions: DIMENSIONS,
      metric: 'l2',
      residentBytes: random.oneIn(3) ? 0 : 2 ** 20,
    });
    this.second = new Database(path, { timeout: 0 });
    this.second.exec(
      `CREATE TABLE parents (id INTEGER PRIMARY KEY);
       CREATE TABLE children (id INTEGER PRIMARY KEY, parent REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)`,
    );
    this.db?.pragma('foreign_keys = ON');
    const readonly = { ...impatient, readonly: true };
    this.readers = {
      kv: new KVault(path, readonly),
      columns: new ColumnVault(path, readonly),
      vectors: new VectorKVault(path, { ...readonly, dimensions: DIMENSIONS, metric: 'l2' }),
    };
    helper?.ask({ op: 'open', path });
  }

  /** Whether the transaction of ours is over while its body still runs: nothing may be written any more. */
  get isBroken(): boolean {
    return this.ours > 0 && this.model.levels[0] !== this.around;
  }

  /** The user's connection; only where there is one. */
  get user(): Database.Database {
    return this.db as Database.Database;
  }

  log(line: string): void {
    this.#log(`${'  '.repeat(this.depth)}${line}`);
  }

  /** Runs a body of steps within something, such as a transaction. */
  within(body: () => void): void {
    this.depth++;
    try {
      body();
    } finally {
      this.depth--;
    }
  }

  equal(what: string, found: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(found, expected)) {
      throw new Mismatch(`${what}\n  found    ${show(found)}\n  expected ${show(expected)}`);
    }
  }

  /** Calls the library and the model, and compares what they say. */
  call<T>({ what, needs, touched = {}, real, expected, throws }: Call<T>): void {
    const { model } = this;
    this.log(what);
    const wasFixed = model.fixed;
    const isBroken = this.isBroken;
    const isBusy = needs !== 'nothing' && (needs === 'file' || model.inTransaction) && !model.canWrite;
    this.touched = touched;
    let found: unknown;
    let error: unknown;
    try {
      found = real();
    } catch (thrown) {
      error = thrown ?? new Error('undefined was thrown');
    }
    this.touched = {};
    this.rethrow(error);
    if (isBroken && (error !== undefined || needs !== 'nothing')) {
      if (!(error instanceof KohakuVaultError)) throw new Mismatch(`${what}: expected to be refused`, { cause: error });
    } else if (error !== undefined) {
      const isRight =
        (isBusy && error instanceof DatabaseBusy) ||
        (error instanceof KohakuVaultError && throws?.includes(error.code));
      if (!isRight) throw new Mismatch(`${what} threw`, { cause: error });
      // What was refused for another reason had the lock already.
      if (!isBusy && needs === 'file') model.take();
    } else if (throws) {
      throw new Mismatch(`${what} did not throw ${throws}`);
    } else if (isBusy) {
      throw new Mismatch(`${what} returned although another connection has the lock: ${show(found)}`);
    } else {
      if (needs !== 'nothing') model.take();
      this.equal(what, found, expected());
    }
    if (!wasFixed) this.settleReads();
  }

  /** Throws what was found where nobody could tell it. */
  rethrow(error?: unknown): void {
    const { found } = this;
    this.found = undefined;
    if (found) throw found;
    if (error instanceof Mismatch) throw error;
  }

  /** From here on the transaction that is open sees one state of the file for sure. */
  settleReads(): void {
    if (!this.model.inTransaction || this.model.fixed) return;
    this.db?.prepare('SELECT count(*) FROM kv').get();
    this.model.touch();
  }
}
