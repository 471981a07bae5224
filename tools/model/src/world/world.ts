import { isDeepStrictEqual } from 'node:util';
import { ColumnVault, type Column as RealColumn } from '@kohakuvault/columns';
import { DatabaseBusy, KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import type { Random } from '../../../testing/src/random.ts';
import { Cache } from './cache.ts';
import type { Helper } from './helper.ts';
import { Mismatch, show } from './mismatch.ts';
import { type Level, Model } from './model.ts';
import { IMPATIENT, Vaults } from './requests.ts';
import type { ColumnType } from './state.ts';
import { DIMENSIONS, key } from './values.ts';

/**
 * The source of the main connection: the user's own Database, in WAL mode or not; or a path, of which the user takes
 * the vault's `database`, or never does.
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

/** What a running call may have changed half: a function that is called inside it cannot know what to expect. */
export interface Touched {
  readonly keys?: readonly string[] | 'all';
  readonly columns?: readonly string[] | 'all';
  readonly vectors?: boolean;
  readonly texts?: boolean;
}

export interface Call<T> {
  readonly what: string;
  /** What must be free: the file; the file only inside a transaction, for pending writes; or nothing, for reads. */
  readonly needs: 'file' | 'memory' | 'nothing';
  readonly touched?: Touched;
  readonly real: () => T;
  /** Changes the model, and returns what the call should return. Runs after the real call. */
  readonly expected: () => unknown;
  /** Whether the whole operation is one transaction, or one statement on the table kv. */
  readonly isWhole?: boolean;
  /** The codes that an error may have. Nothing changes then. */
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
  /** The main connection, if the user has it. */
  readonly db: Database.Database | undefined;
  readonly kvs: readonly Entries[];
  readonly cvs: readonly Columns[];
  readonly vectors: VectorKVault;
  readonly texts: TextVault;
  /** Another connection of the same thread, without the library. */
  readonly second: Database.Database;
  /** A third connection, which shows whether others have committed: some writes change nothing. */
  readonly watcher: Database.Database;
  /** Vaults on other connections of the same thread: some that only read, and some that write. */
  readonly readers: Vaults;
  readonly peer: Vaults | undefined;
  /** The source for another vault on the main connection. */
  readonly source: Database.Database | string;
  readonly options: { retries: number; busyTimeout?: number };
  /** The length from which values may be in parts, in bytes. */
  readonly longest: number;
  readonly locks = { kv: 0, columns: 0 };
  /** The vaults that could not be closed while another connection had the lock. */
  readonly visitors: KVault[] = [];
  /** While other connections must not commit: a loop over entries has read pages ahead. */
  isQuiet = false;
  /** Whether there are more entries than a page has. */
  readonly isLarge: boolean;
  /** While a statement of the user is open: better-sqlite3 runs no other one then. */
  isIterating = false;
  /** The number of our open transactions. */
  ours = 0;
  /** The transaction in which our outermost body runs. */
  around: Level | undefined;
  /** The depth of nested bodies. */
  depth = 0;
  steps = 0;
  touched: Touched = {};
  /** Whether there are triggers that can raise an error on request. */
  canRaise = false;
  /** The error that they raise, and after how many statements. */
  raising: { how: 'ABORT' | 'ROLLBACK'; after: number } | undefined;
  raised = false;
  /** A cache into which a function may put an entry meanwhile, and the entry that it has put there. */
  gathering: { kv: Entries; put?: readonly [string, unknown] } | undefined;
  /** The mismatch that a function found that SQLite called. */
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
    // Less memory than the columns take, so that segments come and go.
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
    // Its tokenizer is SQLite's own, so that the second connection can check the index.
    this.texts = new TextVault(source, options);
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

  /** Whether our transaction has ended while its body still runs: nothing may be written any more. */
  get isBroken(): boolean {
    return this.ours > 0 && this.model.levels[0] !== this.around;
  }

  /** The user's connection. Throws if there is none. */
  get user(): Database.Database {
    return this.db as Database.Database;
  }

  /** Returns a random key. */
  key(): string {
    const { random } = this;
    return this.isLarge && random.oneIn(2) ? rowKey(random.below(LARGE)) : key(random);
  }

  log(line: string): void {
    this.#log(`${'  '.repeat(this.depth)}${line}`);
  }

  /** Runs steps inside something, such as a transaction. */
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

  /** Calls the library and the model, and compares the results. */
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
      // A call that was refused for another reason had the lock already.
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

  /**
   * Returns a cache that takes entries without writing them, for an operation of one statement that does not use it.
   */
  #gathering({ keys, columns }: Touched): { kv: Entries } | undefined {
    const kv = this.kvs.find(({ cache }) => cache.active && !cache.isDue(100_000));
    return kv && keys === undefined && columns === undefined ? { kv } : undefined;
  }

  /** Throws the mismatch that was found where nothing could catch it. */
  rethrow(error?: unknown): void {
    const { found } = this;
    this.found = undefined;
    if (found) throw found;
    if (error instanceof Mismatch) throw error;
  }

  /** Fixes the state of the file that the open transaction sees. */
  settleReads(): void {
    if (!this.model.inTransaction || this.model.fixed || this.isIterating) return;
    this.db?.prepare('SELECT count(*) FROM kv').get();
    this.model.touch();
  }
}
