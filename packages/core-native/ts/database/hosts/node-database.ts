import type { DatabaseSync } from 'node:sqlite';
import { InvalidArgument, KohakuVaultError } from '../../errors/errors.ts';
import type { Thrown } from '../../errors/native-errors.ts';
import { nativeCore } from '../../native/binding.ts';
import { inBuffer, NodeStatement } from './node-statement.ts';

type NodeSqlite = typeof import('node:sqlite');

interface OpenOptions {
  readonly?: boolean;
  timeout?: number;
}

interface FunctionOptions {
  varargs?: boolean;
  deterministic?: boolean;
  safeIntegers?: boolean;
  directOnly?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a function of the user takes and returns anything.
type AnyFunction = (...values: any[]) => any;

/** A value that SQLite cannot store, and what Node reports of it. */
const UNSTORABLE = Symbol('threw an error');
const UNSTORABLE_MESSAGE = 'Returned JavaScript value cannot be converted';

/** The adapter of each `DatabaseSync`: there is one. */
const adapters = new WeakMap<DatabaseSync, NodeDatabase>();

/** Returns Node's SQLite. Node 22.16 and 24 have what is needed of it. */
function nodeSqlite(): NodeSqlite {
  // Node before 22.3 has no such function.
  const found = process.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined;
  // The same versions brought `isTransaction`, `location` and `setReturnArrays`.
  if (found && 'setReturnArrays' in found.StatementSync.prototype) return found;
  throw new KohakuVaultError(
    `the driver 'node:sqlite' needs Node 22.16 or newer, and this is ${process.version}; use a newer Node, or ` +
      'better-sqlite3',
    { code: 'KV_RUNTIME_UNSUPPORTED' },
  );
}

/**
 * A `DatabaseSync` of `node:sqlite` with the methods of a better-sqlite3 `Database` that KohakuVault uses, and those that
 * users of `vault.database` use most. `sync` is the `DatabaseSync`.
 */
export class NodeDatabase {
  readonly sync: DatabaseSync;
  readonly name: string;
  readonly memory: boolean;
  readonly #readonly: boolean | (() => boolean);
  #bigints = false;
  /** The core's number of the connection, once it is known there. */
  #handle: number | undefined;
  /** What a function of the user threw in a statement that the core runs. */
  #thrown: Thrown | undefined;

  constructor(path: string | DatabaseSync, options: OpenOptions = {}, isReadonly?: () => boolean) {
    if (typeof path === 'string') {
      const { readonly = false, timeout = 5_000 } = options;
      const { DatabaseSync } = nodeSqlite();
      this.sync = new DatabaseSync(path, {
        readOnly: readonly,
        timeout,
        allowExtension: true,
        // Newer versions of Node have it, and it is their default. It keeps SQL from writing shadow tables.
        defensive: true,
      } as object);
      this.name = path;
      this.#readonly = readonly;
    } else {
      nodeSqlite();
      this.sync = path;
      this.name = path.location() ?? ':memory:';
      this.#readonly = isReadonly ?? false;
    }
    this.memory = !this.sync.location();
    const { sync } = this;
    adapters.set(sync, this);
    Object.defineProperty(sync, 'function', { value: this.#define, configurable: true, writable: true });
    // What is pending is written before, no matter who closes it.
    const close = () => void this.close();
    Object.defineProperty(sync, 'close', { value: close, configurable: true, writable: true });
    Object.defineProperty(sync, Symbol.dispose, {
      value: () => {
        if (sync.isOpen) close();
      },
      configurable: true,
      writable: true,
    });
  }

  /** Returns the adapter of a `DatabaseSync` that the user has opened. */
  static of(sync: DatabaseSync, isReadonly: (database: NodeDatabase) => boolean): NodeDatabase {
    const known = adapters.get(sync);
    if (known) return known;
    const adapter: NodeDatabase = new NodeDatabase(sync, {}, () => isReadonly(adapter));
    return adapter;
  }

  get open(): boolean {
    return this.sync.isOpen;
  }

  get inTransaction(): boolean {
    return this.sync.isOpen && this.sync.isTransaction;
  }

  get readonly(): boolean {
    return typeof this.#readonly === 'function' ? this.#readonly() : this.#readonly;
  }

  prepare(sql: string): NodeStatement {
    return new NodeStatement(this.sync.prepare(sql), sql, this.#bigints);
  }

  exec(sql: string): this {
    this.sync.exec(sql);
    return this;
  }

  pragma(source: string, { simple = false }: { simple?: boolean } = {}): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    return simple ? statement.pluck().get() : statement.all();
  }

  /** Returns a function that runs `body` in a transaction, or inside another one in a savepoint. */
  transaction<F extends AnyFunction>(body: F): F & Record<'default' | 'deferred' | 'immediate' | 'exclusive', F> {
    const database = this;
    const variant = (mode: string) =>
      function run(this: unknown, ...values: unknown[]): unknown {
        const [begin, commit, undo] = database.inTransaction
          ? [
              'SAVEPOINT "_transaction"',
              'RELEASE "_transaction"',
              ['ROLLBACK TO "_transaction"', 'RELEASE "_transaction"'],
            ]
          : [`BEGIN ${mode}`, 'COMMIT', ['ROLLBACK']];
        database.exec(begin as string);
        try {
          const result: unknown = body.apply(this, values);
          if (typeof (result as { then?: unknown } | null)?.then === 'function') {
            throw new TypeError('Transaction function cannot return a promise');
          }
          database.exec(commit as string);
          return result;
        } catch (error) {
          // SQLite may have rolled it back already.
          if (database.inTransaction) for (const sql of undo as string[]) database.exec(sql);
          throw error;
        }
      };
    const deferred = variant('');
    return Object.assign(deferred, {
      default: deferred,
      deferred: variant('DEFERRED'),
      immediate: variant('IMMEDIATE'),
      exclusive: variant('EXCLUSIVE'),
    }) as never;
  }

  function(name: string, options: FunctionOptions | AnyFunction, body?: AnyFunction): this {
    const given = body ?? (options as AnyFunction);
    const {
      varargs = false,
      deterministic = false,
      directOnly = false,
      safeIntegers = this.#bigints,
    } = typeof options === 'function' ? {} : options;
    const called = (...values: unknown[]) => given(...values.map(inBuffer));
    // SQLite takes the number of arguments from the function.
    Object.defineProperty(called, 'length', { value: given.length });
    this.#define(name, { varargs, deterministic, directOnly, useBigIntArguments: safeIntegers }, called);
    return this;
  }

  /**
   * Takes the place of the `function` of the `DatabaseSync`. What a function throws in a statement of Node's goes through
   * Node to its caller. In one that the core runs, Node would leave the exception pending under the core, and would keep
   * silent about the next error. There the function returns what SQLite cannot store, which is an error too.
   */
  readonly #define = (name: string, options: object, body?: AnyFunction): void => {
    const given = body ?? (options as AnyFunction);
    const define = nodeSqlite().DatabaseSync.prototype.function as (...values: unknown[]) => void;
    if (typeof given !== 'function') {
      define.call(this.sync, name, options, body);
      return;
    }
    const database = this;
    const called = function (this: unknown, ...values: unknown[]): unknown {
      try {
        return given.apply(this, values);
      } catch (value) {
        if (!database.#isCoreCalling) throw value;
        database.#thrown = { value };
        return UNSTORABLE;
      }
    };
    Object.defineProperty(called, 'length', { value: given.length });
    define.call(this.sync, name, body === undefined ? {} : options, called);
  };

  /** Begins to follow what functions throw in statements of the core. */
  watch(handle: number): void {
    this.#handle = handle;
  }

  get #isCoreCalling(): boolean {
    if (this.#handle === undefined) return false;
    try {
      nativeCore().binding.refuseDuringCalls(this.#handle);
      return false;
    } catch {
      return true;
    }
  }

  /** Returns what a function threw in a statement of the core that has failed with this message. */
  takeThrown(message: string): Thrown | undefined {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (message.startsWith(UNSTORABLE_MESSAGE)) return thrown;
    return message === '' && this.#forgetIgnored() ? { value: undefined } : undefined;
  }

  /**
   * Clears Node's mark that it has nothing to report of the next error, which a function leaves that was defined before
   * we saw the database. Returns whether there was one.
   */
  #forgetIgnored(): boolean {
    try {
      this.sync.prepare('not SQL');
      return true;
    } catch {
      return false;
    }
  }

  aggregate(name: string, options: FunctionOptions & { step: AnyFunction; start?: unknown }): this {
    const { safeIntegers = this.#bigints, start = null, ...rest } = options;
    this.sync.aggregate(name, { ...rest, start, useBigIntArguments: safeIntegers } as never);
    return this;
  }

  loadExtension(path: string): this {
    try {
      this.sync.loadExtension(path);
    } catch (cause) {
      if ((cause as { code?: unknown } | null)?.code !== 'ERR_INVALID_STATE' || !this.open) throw cause;
      throw new InvalidArgument(
        'a vault needs a DatabaseSync that may load extensions, since its core is one; open it with ' +
          '{ allowExtension: true }, and do not call enableLoadExtension(false)',
        { cause },
      );
    }
    return this;
  }

  defaultSafeIntegers(on = true): this {
    this.#bigints = on;
    return this;
  }

  /** Lets SQL write what defensive mode protects, such as shadow tables. */
  unsafeMode(on = true): this {
    const { sync } = this as unknown as { sync: { enableDefensive?: (on: boolean) => void } };
    if (!sync.enableDefensive) throw unavailable('unsafeMode');
    sync.enableDefensive(!on);
    return this;
  }

  explain(): never {
    throw unavailable('explain');
  }

  serialize(): never {
    throw unavailable('serialize');
  }

  table(): never {
    throw unavailable('table');
  }

  /** Copies the database to another file. */
  async backup(
    path: string,
    { progress }: { progress?: (pages: { totalPages: number; remainingPages: number }) => unknown } = {},
  ): Promise<{ totalPages: number; remainingPages: number }> {
    // Its steps run in another thread, so their length does not matter here.
    const options = progress && {
      progress: (pages: { totalPages: number; remainingPages: number }) => void progress(pages),
    };
    return { totalPages: await nodeSqlite().backup(this.sync, path, options), remainingPages: 0 };
  }

  close(): this {
    if (this.sync.isOpen) nodeSqlite().DatabaseSync.prototype.close.call(this.sync);
    // A DatabaseSync can be opened again, and is another connection then: what replaced this method is not for that.
    Reflect.deleteProperty(this, 'close');
    return this;
  }
}

function unavailable(method: string): KohakuVaultError {
  return new KohakuVaultError(
    `${method} is not available over node:sqlite; use what \`sync\`, the DatabaseSync, has, or better-sqlite3`,
    { code: 'KV_RUNTIME_UNSUPPORTED' },
  );
}

/** Whether a value is a `DatabaseSync`, of whichever realm. */
export function isDatabaseSync(value: unknown): value is DatabaseSync {
  return typeof value === 'object' && value !== null && value.constructor?.name === 'DatabaseSync';
}
