import { InvalidArgument } from '../errors.ts';
import { checkOptions, describe, rules } from '../options.ts';
import type { Connection } from './connection.ts';

/** How much a write-back cache may hold, and for how long. */
export interface CacheOptions {
  /** Pending bytes beyond which the cache is flushed first. Default 64 MiB. */
  capBytes?: number | undefined;
  /** Pending bytes from which on the cache is flushed. Default a quarter of capBytes. */
  flushThreshold?: number | undefined;
  /** Milliseconds after the first pending write by which the cache is flushed. Default: no such limit. */
  flushInterval?: number | undefined;
  /** Off: flushed only when asked, and at the end. Default true. */
  autoFlush?: boolean | undefined;
}

interface Settings {
  capBytes: number;
  flushThreshold: number;
  flushInterval: number | undefined;
  autoFlush: boolean;
}

/** What waits to be written. */
export interface PendingWrites {
  readonly count: number;
  readonly bytes: number;
  /** Writes all of it inside the transaction that is open, and only then lets it go. */
  writeOut(): void;
  /** A transaction or savepoint was opened: what is pending now comes back with its rollback. */
  begin?(depth: number): void;
  commit?(depth: number): void;
  rollback?(depth: number): void;
}

const MiB = 1024 * 1024;
const NO_LIMITS: Settings = {
  capBytes: Number.POSITIVE_INFINITY,
  flushThreshold: Number.POSITIVE_INFINITY,
  flushInterval: undefined,
  autoFlush: false,
};
const RULES = {
  capBytes: rules.wholeNumber(1),
  flushThreshold: rules.wholeNumber(1),
  flushInterval: rules.wholeNumber(1, 0x7fffffff),
  autoFlush: rules.boolean,
};

/**
 * When what waits is written: whose settings hold, and who has it locked. Nothing is ever dropped: a flush is one
 * transaction, and what is pending stays so until that has committed.
 */
export class WriteBack {
  readonly #connection: Connection;
  readonly #pending: PendingWrites;
  readonly #owner: string;
  readonly #whole: WriteBack | undefined;
  readonly #scopes: Settings[] = [];
  #base: Settings | undefined;
  /** Those that hold now: asked for with every write. */
  #settings: Settings | undefined;
  /** So many pending bytes are no occasion for anything. */
  #calmBelow = Number.POSITIVE_INFINITY;
  #isTimed = false;
  #locks = 0;
  #quiet = 0;
  #flushing = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `owner` is named in warnings. A cache of a part has the `whole`: a lock of the whole is one of its parts too, and it is
   * the whole that hears of transactions.
   */
  constructor(connection: Connection, pending: PendingWrites, owner: string, whole?: WriteBack) {
    this.#connection = connection;
    this.#pending = pending;
    this.#owner = owner;
    this.#whole = whole;
    if (whole) return;
    connection.join({
      begin: (depth) => pending.begin?.(depth),
      beforeCommit: () => {
        if (this.#quiet === 0 && !this.#locked) this.#writeOut();
      },
      commit: (depth) => pending.commit?.(depth),
      rollback: (depth) => {
        pending.rollback?.(depth);
        this.#startTimer();
      },
    });
  }

  /** Whether writes wait. They do while any is pending: a direct one would be overtaken by it. */
  get active(): boolean {
    return this.#settings !== undefined || this.#pending.count > 0;
  }

  /** Whether a cache is enabled; what it may hold at most. */
  get capBytes(): number | undefined {
    return this.#settings?.capBytes;
  }

  get #locked(): boolean {
    if (this.#locks > 0) return true;
    return this.#whole === undefined ? false : this.#whole.#locked;
  }

  enable(options?: CacheOptions): void {
    this.#base = settingsOf(options);
    this.#choose();
    this.changed();
  }

  disable(): void {
    this.#base = undefined;
    this.#choose();
    this.#settle();
  }

  /** What `cache(body)` and `cache(options, body)` of an owner do: where scopes overlap, the settings of the newest one hold. */
  scope<O, T>(owner: O, first: CacheOptions | ((owner: O) => T), second?: (owner: O) => T): T {
    const options = typeof first === 'function' ? undefined : first;
    const body = typeof first === 'function' ? first : second;
    checkBody('cache', body);
    const settings = settingsOf(options);
    this.#scopes.push(settings);
    this.#choose();
    return around(
      () => body(owner),
      () => {
        this.#scopes.splice(this.#scopes.indexOf(settings), 1);
        this.#choose();
        this.#settle();
      },
    );
  }

  /** Runs a body during which nothing is flushed. */
  lock<T>(body: () => T): T {
    checkBody('lockCache', body);
    this.#locks++;
    return around(body, () => {
      this.#locks--;
      if (this.#locks === 0) this.#settle();
    });
  }

  /** Whether so much more can wait without anything to be done before or after: a flush, or a timer to be started. */
  isCalm(growth: number): boolean {
    return this.#pending.bytes + growth < this.#calmBelow && (this.#timer !== undefined || !this.#isTimed);
  }

  /**
   * Flushes first where what is pending would grow too large. False where an entry is too large by itself: it has to be
   * written directly, now.
   */
  makeRoom(growth: number, entry = growth): boolean {
    const settings = this.#settings;
    if (!settings || this.#pending.bytes + growth <= settings.capBytes || !this.#mayFlush) return true;
    this.flush();
    return entry <= settings.capBytes;
  }

  /** To be called after something was added: flushes where the settings say so. */
  changed(): void {
    const settings = this.#settings;
    // Nothing pending: the connection may even be closed.
    if (!settings?.autoFlush || this.#pending.count === 0) return;
    if (this.#pending.bytes >= settings.flushThreshold) this.flush();
    if (settings.flushInterval !== undefined) this.#startTimer();
  }

  /**
   * Writes everything pending in one transaction; how much it was. Nothing while locked, nor inside a transaction that the
   * user began: its rollback would take along what was pending before, and we would not hear of it.
   */
  flush(): number {
    if (this.#pending.count === 0 || this.#flushing || !this.#mayFlush) return 0;
    return this.flushNow();
  }

  /** As `flush`, locked or not: before closing. */
  flushNow(): number {
    const { count } = this.#pending;
    if (count > 0) this.quietly(() => this.#connection.transaction(() => this.#writeOut()));
    return count;
  }

  /** Runs a body whose transactions are no occasion to write what is pending. */
  quietly<T>(body: () => T): T {
    const whole = this.#whole ?? this;
    whole.#quiet++;
    try {
      return body();
    } finally {
      whole.#quiet--;
    }
  }

  /** Before the connection closes. */
  close(): void {
    this.flushNow();
    this.#stopTimer();
  }

  #writeOut(): void {
    if (this.#flushing || this.#pending.count === 0) return;
    this.#flushing = true;
    try {
      this.#pending.writeOut();
    } finally {
      this.#flushing = false;
    }
    this.#stopTimer();
  }

  get #mayFlush(): boolean {
    return !this.#locked && !this.#connection.foreignTransaction;
  }

  #choose(): void {
    const settings = this.#scopes.at(-1) ?? this.#base;
    this.#settings = settings;
    const { autoFlush, flushThreshold, capBytes, flushInterval } = settings ?? NO_LIMITS;
    this.#calmBelow = autoFlush ? flushThreshold : capBytes;
    this.#isTimed = autoFlush && flushInterval !== undefined;
  }

  /** After settings have ended, or a lock. */
  #settle(): void {
    if (this.#settings) this.changed();
    else if (this.#whole === undefined || this.#whole.#settings === undefined) this.flush();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(): void {
    const settings = this.#settings;
    if (this.#timer || this.#pending.count === 0 || !settings?.autoFlush || settings.flushInterval === undefined)
      return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      try {
        this.flush();
      } catch (error) {
        // Nobody called, so nobody can catch it. What is pending stays, and the next interval tries again.
        process.emitWarning(
          `${this.#owner}: the write cache could not be flushed and will be again: ${error}`,
          'KohakuVaultWarning',
        );
      }
      this.#startTimer();
    }, settings.flushInterval).unref();
  }
}

function settingsOf(options: CacheOptions | undefined): Settings {
  checkOptions('cache', options, RULES);
  const capBytes = options?.capBytes ?? 64 * MiB;
  const flushThreshold = options?.flushThreshold ?? Math.ceil(capBytes / 4);
  if (flushThreshold > capBytes) {
    throw new InvalidArgument(`cache: flushThreshold is ${flushThreshold}; expected at most capBytes, ${capBytes}`);
  }
  return { capBytes, flushThreshold, flushInterval: options?.flushInterval, autoFlush: options?.autoFlush ?? true };
}

function checkBody<F>(name: string, body: F | undefined): asserts body is F {
  if (typeof body !== 'function') {
    throw new InvalidArgument(`${name}: the body is ${describe(body)}; expected a function`);
  }
}

/** Runs a body and then `end`, when a body that is asynchronous has settled. */
function around<T>(body: () => T, end: () => void): T {
  let result: T;
  try {
    result = body();
  } catch (error) {
    end();
    throw error;
  }
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    return Promise.resolve(result).finally(end) as T;
  }
  end();
  return result;
}
