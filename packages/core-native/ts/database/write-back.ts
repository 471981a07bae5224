import { checkBody, isPromise } from '../checks/body.ts';
import { checkOptions, rules } from '../checks/options.ts';
import type { SharedConnection } from './access.ts';
import type { Connection } from './connection.ts';
import type { PendingWrites } from './pending-writes.ts';
import { addCache, checkSignals, type EndingCache, isThreadEnding, removeCache } from './thread-end.ts';

/** How much a write-back cache may hold, and for how long. */
export interface CacheOptions {
  /** The most pending bytes; before there are more, the cache is flushed. Default 64 MiB. */
  capBytes?: number | undefined;
  /** The number of pending bytes at which the cache is flushed, at most `capBytes`. Default a quarter of `capBytes`. */
  flushThreshold?: number | undefined;
  /** Milliseconds after the first pending write until the cache is flushed. Default: no such limit. */
  flushInterval?: number | undefined;
  /** Whether the cache is flushed automatically; if false, only when asked and at the end. Default true. */
  autoFlush?: boolean | undefined;
  /**
   * Whether SIGTERM, SIGINT and SIGHUP flush it before they end the process. If the program has handlers of the signal,
   * those decide whether the process ends. Default false: such a signal then loses what is pending.
   */
  flushOnSignals?: boolean | undefined;
}

interface Settings {
  capBytes: number;
  flushThreshold: number;
  flushInterval: number | undefined;
  autoFlush: boolean;
  flushOnSignals: boolean;
}

const MiB = 1024 * 1024;
/** The most writes from one look at the clock to the next. */
const LONGEST_STRIDE = 64;
const FEWEST_LOOKS = 20;
const NO_LIMITS: Settings = {
  capBytes: Number.POSITIVE_INFINITY,
  flushThreshold: Number.POSITIVE_INFINITY,
  flushInterval: undefined,
  autoFlush: false,
  flushOnSignals: false,
};
/** When the thread ends, each write is flushed at once. */
const NOTHING_PENDING: Settings = { ...NO_LIMITS, flushThreshold: 0, autoFlush: true };
const RULES = {
  capBytes: rules.wholeNumber(1),
  flushThreshold: rules.wholeNumber(1),
  flushInterval: rules.wholeNumber(1, 0x7fffffff),
  autoFlush: rules.boolean,
  flushOnSignals: rules.boolean,
};

/**
 * Decides when a vault's pending writes are flushed: which settings apply, and whether they are locked. The vaults on a
 * connection share pending writes, and each has its own settings. Nothing is ever dropped: a flush is one transaction,
 * and pending writes stay pending until it has committed.
 */
export class WriteBack implements EndingCache {
  readonly #shared: SharedConnection;
  readonly #pending: PendingWrites;
  readonly #owner: string;
  readonly #whole: WriteBack | undefined;
  readonly #scopes: Settings[] = [];
  #base: Settings | undefined;
  /** The settings that apply now. Each write reads them. */
  #settings: Settings | undefined;
  /** With fewer pending bytes than this, no flush is due. */
  #noFlushBelow = Number.POSITIVE_INFINITY;
  #isTimed = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due. In a loop that never yields it does not run, so writes look at the clock. */
  #deadline = 0;
  #lastLook = 0;
  /** How many writes there are from one look at the clock to the next. */
  #stride = 1;
  #writesUntilLook = 0;

  /** `owner` is for warnings. The cache of a part names the cache of the `whole`, whose locks apply to the part too. */
  constructor(connection: Connection, pending: PendingWrites, owner: string, whole?: WriteBack) {
    this.#shared = connection.shared;
    this.#pending = pending;
    this.#owner = owner;
    this.#whole = whole;
    connection.whenEnded(() => {
      this.#stopTimer();
      removeCache(this);
    });
  }

  /** Whether writes of this vault become pending. */
  get active(): boolean {
    return this.#settings !== undefined;
  }

  get flushesOnSignals(): boolean {
    return [this.#base, ...this.#scopes].some((settings) => settings?.flushOnSignals);
  }

  /** The most pending bytes; undefined without an enabled cache. */
  get capBytes(): number | undefined {
    return this.#settings?.capBytes;
  }

  get #locked(): boolean {
    if (this.#pending.locks > 0) return true;
    return this.#whole === undefined ? false : this.#whole.#locked;
  }

  enable(options?: CacheOptions): void {
    const settings = settingsOf(options);
    this.#setBase(settings, () => this.#review());
  }

  disable(): void {
    this.#setBase(undefined, () => this.#flushWhatIsDue());
  }

  /**
   * Implements `cache(body)` and `cache(options, body)` of an owner. Of overlapping scopes, the settings of the newest
   * apply.
   */
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
        this.#flushWhatIsDue();
      },
    );
  }

  /** Runs a body during which nothing pending is flushed. */
  lock<T>(body: () => T): T {
    checkBody('lockCache', body);
    this.#pending.locks++;
    return around(body, () => {
      this.#pending.locks--;
      if (!this.#locked) this.#flushWhatIsDue();
    });
  }

  /** Whether so many more bytes can become pending without a flush and without a timer to start. */
  canJustAdd(growth: number): boolean {
    // Called with each write. A column also asks a cache without settings, which need not look up how much is pending.
    const noFlush =
      this.#noFlushBelow === Number.POSITIVE_INFINITY || this.#pending.bytes + growth < this.#noFlushBelow;
    return noFlush && (!this.#isTimed || this.#isTimerEnough());
  }

  /**
   * Flushes if so many more bytes would be too many. Returns false if an entry of so many bytes must be written
   * directly.
   */
  makeRoom(growth: number, entry: number): boolean {
    const settings = this.#settings;
    if (!settings || this.#pending.bytes + growth <= settings.capBytes || this.#locked) return true;
    this.flush();
    return entry <= settings.capBytes;
  }

  /** Whether a flush is due with so many more bytes. */
  isDue(growth: number): boolean {
    const settings = this.#settings;
    return settings?.autoFlush === true && !this.#locked && this.#pending.bytes + growth >= settings.flushThreshold;
  }

  /** Adds pending writes, and flushes all of them in the same transaction. If that fails, nothing was added. */
  addAndWrite(add: () => void): void {
    this.#shared.moveWalElsewhere();
    this.#shared.transaction(() => {
      add();
      this.#writeOut();
    });
  }

  /** To be called after something was added that is not due. */
  added(): void {
    if (!this.#isTimed) return;
    if (this.#timer !== undefined && this.#isLate()) {
      this.#stopTimer();
      this.#tryFlush();
    }
    this.#startTimer();
  }

  /** Whether the timer runs and is not late, or is not looked at this time. */
  #isTimerEnough(): boolean {
    return this.#timer !== undefined && (--this.#writesUntilLook > 0 || !this.#isLate());
  }

  /** Whether the timer is due and could not run. Looks at the clock, and chooses when the next writes do. */
  #isLate(): boolean {
    const now = performance.now();
    // A look costs as much as a write. So fast writes look rarely, but about twenty times in an interval.
    const isFast = (now - this.#lastLook) * FEWEST_LOOKS < (this.#settings?.flushInterval ?? 0);
    this.#stride = isFast ? Math.min(this.#stride * 2, LONGEST_STRIDE) : 1;
    this.#lastLook = now;
    this.#writesUntilLook = this.#stride;
    return now >= this.#deadline && !this.#locked;
  }

  /** Flushes if that is due, or starts the timer. */
  #review(): void {
    // If nothing is pending, the connection may even be closed.
    if (this.#pending.count === 0) return;
    if (this.isDue(0)) this.flush();
    this.added();
  }

  /** Flushes in one transaction, or in the open one, and returns how much was pending. Does nothing while locked. */
  flush(): number {
    this.#shared.levels.catchUp();
    const { count } = this.#pending;
    if (count === 0 || this.#locked) return 0;
    this.#shared.moveWalElsewhere();
    this.#shared.transaction(() => this.#writeOut());
    return count;
  }

  flushSoon(): void {
    // What is flushed inside a transaction is not in the file, and the transaction may be rolled back.
    if (!this.#shared.database.open || this.#shared.database.inTransaction) return;
    this.#tryFlush();
  }

  threadEnds(): void {
    // The bodies that have locked it have ended, or never will.
    this.#pending.locks = 0;
    this.#choose();
  }

  /** Flushes everything, locked or not. To be called before the vault closes. */
  close(): void {
    this.#shared.levels.catchUp();
    if (this.#pending.count > 0) this.#shared.transaction(() => this.#writeOut());
    this.#stopTimer();
  }

  #writeOut(): void {
    if (this.#pending.count === 0) return;
    this.#pending.writeOut();
    this.#stopTimer();
  }

  /** Changes the settings and applies them. If that fails, the old settings stay. */
  #setBase(settings: Settings | undefined, apply: () => void): void {
    const before = this.#base;
    this.#base = settings;
    this.#choose();
    try {
      apply();
    } catch (error) {
      this.#base = before;
      this.#choose();
      throw error;
    }
  }

  #choose(): void {
    const chosen = this.#scopes.at(-1) ?? this.#base;
    const settings = chosen && isThreadEnding() ? NOTHING_PENDING : chosen;
    this.#settings = settings;
    if (settings) {
      this.#shared.flushWhenThreadEnds();
      addCache(this);
    } else {
      removeCache(this);
    }
    const { autoFlush, flushThreshold, capBytes, flushInterval } = settings ?? NO_LIMITS;
    this.#noFlushBelow = autoFlush ? flushThreshold : capBytes;
    this.#isTimed = autoFlush && flushInterval !== undefined;
  }

  /** Flushes what is due after a lock or settings have ended: everything, if no settings are left. */
  #flushWhatIsDue(): void {
    if (this.#settings) this.#review();
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
    this.#deadline = performance.now() + settings.flushInterval;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tryFlush();
      this.#startTimer();
    }, settings.flushInterval).unref();
  }

  /** Flushes. If that fails, the writes stay pending, and there is a warning: the error is not the caller's. */
  #tryFlush(): void {
    try {
      this.flush();
    } catch (error) {
      process.emitWarning(
        `${this.#owner} could not flush its write cache, and will try again: ${error}`,
        'KohakuVaultWarning',
      );
    }
  }
}

function settingsOf(options: CacheOptions | undefined): Settings {
  checkOptions('cache', options, RULES);
  const capBytes = options?.capBytes ?? 64 * MiB;
  const flushThreshold = Math.min(capBytes, options?.flushThreshold ?? Math.ceil(capBytes / 4));
  const { flushInterval, autoFlush = true, flushOnSignals = false } = options ?? {};
  if (flushOnSignals) checkSignals();
  return { capBytes, flushThreshold, flushInterval, autoFlush, flushOnSignals };
}

/** Runs a body, and then `end`: when its promise is settled, if it returns one. */
function around<T>(body: () => T, end: () => void): T {
  let result: T;
  try {
    result = body();
  } catch (error) {
    end();
    throw error;
  }
  if (isPromise(result)) {
    return Promise.resolve(result).finally(end) as T;
  }
  end();
  return result;
}
