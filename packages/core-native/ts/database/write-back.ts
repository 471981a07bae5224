import { checkOptions, describe, rules } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';
import type { Connection } from './connection.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { SharedConnection } from './shared-connection.ts';

/** How much a write-back cache may hold, and for how long. */
export interface CacheOptions {
  /** Pending bytes beyond which the cache is flushed first. Default 64 MiB. */
  capBytes?: number | undefined;
  /** Pending bytes from which on the cache is flushed; above capBytes that counts. Default a quarter of capBytes. */
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
 * When what a vault has pending is written: whose settings hold, and who has it locked. What is pending is shared by the
 * vaults on the connection, the settings are each vault's own. Nothing is ever dropped: a flush is one transaction, and what
 * is pending stays so until that has committed.
 */
export class WriteBack {
  readonly #shared: SharedConnection;
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
  #timer: NodeJS.Timeout | undefined;

  /** `owner` is named in warnings. A cache of a part has the `whole`: a lock of the whole is one of its parts too. */
  constructor(connection: Connection, pending: PendingWrites, owner: string, whole?: WriteBack) {
    this.#shared = connection.shared;
    this.#pending = pending;
    this.#owner = owner;
    this.#whole = whole;
    connection.whenEnded(() => this.#stopTimer());
  }

  /** Whether writes of this vault wait. */
  get active(): boolean {
    return this.#settings !== undefined;
  }

  /** What the cache may hold at most; undefined while none is enabled. */
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
    this.#setBase(undefined, () => this.#settle());
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
    this.#pending.locks++;
    return around(body, () => {
      this.#pending.locks--;
      if (!this.#locked) this.#settle();
    });
  }

  /** Whether so much more can wait without anything to be done before or with it: a flush, or a timer to be started. */
  isCalm(growth: number): boolean {
    // Asked with every write, of a column also of a cache that has no settings: then how much is pending need not be looked up.
    const isFar = this.#calmBelow === Number.POSITIVE_INFINITY || this.#pending.bytes + growth < this.#calmBelow;
    return isFar && (this.#timer !== undefined || !this.#isTimed);
  }

  /** Flushes where so much more would be too much. False where an entry of so many bytes has to be written directly. */
  makeRoom(growth: number, entry: number): boolean {
    const settings = this.#settings;
    if (!settings || this.#pending.bytes + growth <= settings.capBytes || this.#locked) return true;
    this.flush();
    return entry <= settings.capBytes;
  }

  /** Whether what is pending, and so much more, is to be written at once. */
  isDue(growth: number): boolean {
    const settings = this.#settings;
    return settings?.autoFlush === true && !this.#locked && this.#pending.bytes + growth >= settings.flushThreshold;
  }

  /** Adds to what is pending, and writes all of it in the same transaction: where that fails, nothing was added. */
  addAndWrite(add: () => void): void {
    this.#shared.transaction(() => {
      add();
      this.#writeOut();
    });
  }

  /** To be called after something was added that is not due yet. */
  added(): void {
    if (this.#isTimed) this.#startTimer();
  }

  /** After settings have changed, or a lock has ended. */
  #review(): void {
    // Nothing pending: the connection may even be closed.
    if (this.#pending.count === 0) return;
    if (this.isDue(0)) this.flush();
    this.added();
  }

  /** Writes everything pending in one transaction, or in the one that is open; how much it was. Nothing while locked. */
  flush(): number {
    this.#shared.levels.settle();
    const { count } = this.#pending;
    if (count === 0 || this.#locked) return 0;
    this.#shared.transaction(() => this.#writeOut());
    return count;
  }

  /** Before the vault closes: everything, locked or not. */
  close(): void {
    this.#shared.levels.settle();
    if (this.#pending.count > 0) this.#shared.transaction(() => this.#writeOut());
    this.#stopTimer();
  }

  #writeOut(): void {
    if (this.#pending.count === 0) return;
    this.#pending.writeOut();
    this.#stopTimer();
  }

  /** Where what follows from the settings cannot be done, they are as they were. */
  #setBase(settings: Settings | undefined, follow: () => void): void {
    const before = this.#base;
    this.#base = settings;
    this.#choose();
    try {
      follow();
    } catch (error) {
      this.#base = before;
      this.#choose();
      throw error;
    }
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
  const flushThreshold = Math.min(capBytes, options?.flushThreshold ?? Math.ceil(capBytes / 4));
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
