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
import { IMPATIENT, Vaults } from './requests.ts';
import type { ColumnType } from './state.ts';
import { DIMENSIONS, key } from './values.ts';

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
  /** Whether all of it is one transaction, or one statement of the table kv. */
  readonly isWhole?: boolean;
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

const LARGE = 700;

function rowKey(number: number): string {
  return `c/${String(number).padStart(3, '0')}`;
}

/** The real vaults and connections of one round, and the model beside them. */
export class World {
  readonly model: Model;
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
  /** A third one, which tells whether others have committed: to write what is there already changes nothing. */
  readonly watcher: Database.Database;
  /** The library on connections of its own in the same thread: one that only reads, and one that writes. */
  readonly readers: Vaults;
  readonly peer: Vaults | undefined;
  /** What opens another vault on the main connection. */
  readonly source: Database.Database | string;
  readonly options: { retries: number; busyTimeout?: number };
  /** From how many bytes on values may be in parts. */
  readonly longest: number;
  readonly locks = { kv: 0, columns: 0 };
  /** Vaults that could not be closed while another connection had the lock. */
  readonly visitors: KVault[] = [];
  /** While other connections are to keep still: a loop over entries reads ahead of what they commit. */
  isQuiet = false;
  /** Whether there are more entries than a scan reads at a time. */
  readonly isLarge: boolean;
  /** While a statement of the user's is open, which lets no other of theirs run. */
  isIterating = false;
  /** How many of our transactions are open. */
  ours = 0;
  /** The transaction in which the outermost body of ours runs. */
  around: Level | undefined;
  /** How deep bodies are nested. */
  depth = 0;
  steps = 0;
  touched: Touched = {};
  /** Whether there are triggers that can be told to raise an error. */
  canRaise = false;
  /** What they raise now, and after how many statements. */
  raising: { how: 'ABORT' | 'ROLLBACK'; after: number } | undefined;
  raised = false;
  /** A cache in which a function may put an entry meanwhile, and what it has put there. */
  gathering: { kv: Entries; put?: readonly [string, unknown] } | undefined;
  /** What a function found that SQLite called. */
  found: Mismatch | undefined;
  readonly #log: (line: string) => void;

  constructor({ path, kind, random, helper, log }: WorldSetup) {
    this.path = path;
    this.kind = kind;
    this.random = random;
    this.helper = helper;
    this.#log = log;
    const isHanded = kind === 'handed' || kind === 'journal';
    if (isHanded) {
      this.db = new Database(path, { timeout: 0 });
      this.db.pragma(`journal_mode = ${kind === 'handed' ? 'WAL' : 'DELETE'}`);
    }
    const source = this.db ?? path;
    const options = isHanded ? { retries: 0 } : IMPATIENT;
    this.source = source;
    this.options = options;
    this.longest = random.oneIn(3) ? 1_000 : Number.POSITIVE_INFINITY;
    // In memory of its own less than the columns take, so that pieces come and go.
    const residentBytes = random.oneIn(2) ? 4_000 : 64 * 2 ** 20;
    const kv = new KVault(source, options);
    if (kind === 'taken') this.db = kv.database;
    const inParts = Number.isFinite(this.longest) ? { maxBlobBytes: this.longest } : {};
    this.kvs = [kv, new KVault(random.oneIn(2) ? source : kv, { ...options, ...inParts })].map((vault, at) => {
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
    this.watcher = new Database(path, { readonly: true });
    this.model = new Model(() => this.watcher.pragma('data_version', { simple: true }));
    this.second.exec(
      `CREATE TABLE parents (id INTEGER PRIMARY KEY);
       CREATE TABLE children (id INTEGER PRIMARY KEY, parent REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)`,
    );
    this.isLarge = random.oneIn(15);
    if (this.isLarge) {
      const rows = Array.from({ length: LARGE }, (_, number) => [rowKey(number), number] as const);
      kv.setMany(rows);
      this.model.changeByOthers((file) => {
        for (const [key, value] of rows) file.kv.set(key, value);
      });
    }
    this.db?.pragma('foreign_keys = ON');
    if (random.oneIn(3)) this.db?.defaultSafeIntegers(true);
    this.readers = new Vaults(path, { readonly: true });
    if (isHanded) this.peer = new Vaults(path);
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

  /** Any key. */
  key(): string {
    const { random } = this;
    return this.isLarge && random.oneIn(2) ? rowKey(random.below(LARGE)) : key(random);
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
  call<T>({ what, needs, touched = {}, real, expected, throws, isWhole = true }: Call<T>): void {
    const { model, random } = this;
    const wasFixed = model.fixed;
    const isBroken = this.isBroken;
    const isBusy = needs !== 'nothing' && (needs === 'file' || model.inTransaction) && !model.canWrite;
    const isClear = needs === 'file' && !isBusy && !isBroken && !throws && isWhole;
    if (this.canRaise && isClear && random.oneIn(12)) {
      this.raising = { how: random.oneIn(2) ? 'ABORT' : 'ROLLBACK', after: random.below(3) };
    } else if (isClear) this.gathering = this.#gathering(touched);
    this.log(`${what}${this.raising ? ` -- a trigger may raise ${this.raising.how}` : ''}`);
    this.touched = touched;
    let found: unknown;
    let error: unknown;
    try {
      found = real();
    } catch (thrown) {
      error = thrown ?? new Error('undefined was thrown');
    }
    this.touched = {};
    const { raising, gathering } = this;
    this.raising = this.gathering = undefined;
    this.rethrow(error);
    if (isBroken && (error !== undefined || needs !== 'nothing')) {
      if (!(error instanceof KohakuVaultError)) throw new Mismatch(`${what}: expected to be refused`, { cause: error });
    } else if (this.raised) {
      this.raised = false;
      if (!(error instanceof KohakuVaultError))
        throw new Mismatch(`${what}: a trigger raised, and it threw`, { cause: error });
      model.take();
      if (raising?.how === 'ROLLBACK' && model.inTransaction) model.rollback();
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
      const { put } = gathering ?? {};
      if (put) model.remember((pending) => pending.kv.set(...put));
    }
    if (!wasFixed) this.settleReads();
  }

  /** A cache that takes entries without writing them, for an operation of one statement that leaves it alone. */
  #gathering({ keys, columns }: Touched): { kv: Entries } | undefined {
    const kv = this.kvs.find(({ cache }) => cache.active && !cache.isDue(100_000));
    return kv && keys === undefined && columns === undefined ? { kv } : undefined;
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
    if (!this.model.inTransaction || this.model.fixed || this.isIterating) return;
    this.db?.prepare('SELECT count(*) FROM kv').get();
    this.model.touch();
  }
}
