import { checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';

export interface CacheOptions {
  /** Pending bytes (keys and values) beyond which the cache is flushed first. Default 64 MiB. */
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

export interface CacheStats {
  entries: number;
  bytes: number;
  capBytes: number;
}

/** A key's pending state: its new value, or that it is deleted. */
export interface Pending {
  readonly key: string | Uint8Array;
  readonly value: Buffer | undefined;
  readonly bytes: number;
}

/** How an entry, or all of them, stood before a change inside a transaction, for the case that it is rolled back. */
type Undo =
  | { readonly id: string; readonly before: Pending | undefined }
  | { readonly all: Map<string, Pending>; readonly bytes: number };

const MiB = 1024 * 1024;
const RULES = {
  capBytes: rules.wholeNumber(1),
  flushThreshold: rules.wholeNumber(1),
  flushInterval: rules.wholeNumber(1, 0x7fffffff),
  autoFlush: rules.boolean,
};

/**
 * Writes that wait to be written together. Nothing is ever dropped: a flush is one transaction, entries leave the cache
 * only when it has committed, and what a transaction's body changed in the cache goes back with its rollback.
 */
export class WriteCache {
  readonly #connection: Connection;
  readonly #write: (entries: Iterable<Pending>) => void;
  #entries = new Map<string, Pending>();
  readonly #scopes: Settings[] = [];
  #base: Settings | undefined;
  #bytes = 0;
  #version = 0;
  #locks = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing = false;
  /** While a transaction runs: what it changed, and where each level began. */
  readonly #undo: Undo[] = [];
  readonly #marks: number[] = [];

  constructor(connection: Connection, write: (entries: Iterable<Pending>) => void) {
    this.#connection = connection;
    this.#write = write;
    connection.join({
      begin: () => this.#marks.push(this.#undo.length),
      beforeCommit: () => this.#writeOut(),
      commit: () => {
        this.#marks.pop();
        if (this.#marks.length === 0) this.#undo.length = 0;
      },
      rollback: () => this.#rollBack(),
    });
  }

  /** Whether writes go here. They do while any is pending: a direct one would be overtaken by it. */
  get active(): boolean {
    return this.#settings !== undefined || this.#entries.size > 0;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Another number after each change of what is pending. */
  get version(): number {
    return this.#version;
  }

  get stats(): CacheStats | undefined {
    const settings = this.#settings;
    if (!settings) return undefined;
    return { entries: this.#entries.size, bytes: this.#bytes, capBytes: settings.capBytes };
  }

  get #settings(): Settings | undefined {
    return this.#scopes.at(-1) ?? this.#base;
  }

  enable(options?: CacheOptions): void {
    this.#base = settingsOf(options);
    this.#afterChange();
  }

  disable(): void {
    this.#base = undefined;
    if (!this.#settings) this.flush();
  }

  /** Runs a body with these settings; where scopes overlap, those of the newest one hold. */
  scope<T>(options: CacheOptions | undefined, body: () => T): T {
    const settings = settingsOf(options);
    this.#scopes.push(settings);
    return around(body, () => {
      this.#scopes.splice(this.#scopes.indexOf(settings), 1);
      if (this.#settings) this.#afterChange();
      else this.flush();
    });
  }

  /** Runs a body during which nothing is flushed. */
  lock<T>(body: () => T): T {
    this.#locks++;
    return around(body, () => {
      this.#locks--;
      if (this.#locks > 0) return;
      if (this.#settings) this.#afterChange();
      else this.flush();
    });
  }

  get(id: string): Pending | undefined {
    return this.#entries.get(id);
  }

  /** The pending entries, in the order of their first write. */
  entries(): IterableIterator<[string, Pending]> {
    return this.#entries.entries();
  }

  /** Puts an entry here; false where it is too long for the cache and has to be written directly, now. */
  put(id: string, entry: Pending): boolean {
    const settings = this.#settings;
    let before = this.#entries.get(id);
    const grows = entry.bytes - (before?.bytes ?? 0);
    if (settings && this.#bytes + grows > settings.capBytes && this.#mayFlush) {
      this.flush();
      if (entry.bytes > settings.capBytes) return false;
      before = this.#entries.get(id);
    }
    this.#replace(id, before, entry);
    this.#afterChange();
    return true;
  }

  /** Forgets an entry that has been written directly. */
  forget(id: string): void {
    const before = this.#entries.get(id);
    if (before) this.#replace(id, before, undefined);
  }

  /**
   * Writes everything pending in one transaction; the number of entries. Nothing while locked, nor inside a transaction that
   * the user began: its rollback would take along what was pending before, and we would not hear of it.
   */
  flush(): number {
    if (this.#entries.size === 0 || this.#locks > 0 || this.#flushing || this.#connection.foreignTransaction) return 0;
    return this.flushNow();
  }

  /** As `flush`, locked or not: before closing. */
  flushNow(): number {
    const count = this.#entries.size;
    if (count > 0) this.#connection.transaction(() => this.#writeOut(true));
    return count;
  }

  /** Before the connection closes. */
  close(): void {
    this.flushNow();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #writeOut(evenLocked = false): void {
    if (this.#flushing || this.#entries.size === 0 || (this.#locks > 0 && !evenLocked)) return;
    this.#flushing = true;
    try {
      this.#write(this.#entries.values());
    } finally {
      this.#flushing = false;
    }
    if (this.#marks.length > 0) this.#undo.push({ all: this.#entries, bytes: this.#bytes });
    this.#restore(new Map(), 0);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #replace(id: string, before: Pending | undefined, after: Pending | undefined): void {
    if (this.#marks.length > 0) this.#undo.push({ id, before });
    this.#set(id, before, after);
  }

  #set(id: string, before: Pending | undefined, after: Pending | undefined): void {
    this.#version++;
    this.#bytes += (after?.bytes ?? 0) - (before?.bytes ?? 0);
    if (after) this.#entries.set(id, after);
    else this.#entries.delete(id);
  }

  #restore(all: Map<string, Pending>, bytes: number): void {
    this.#version++;
    this.#entries = all;
    this.#bytes = bytes;
  }

  #rollBack(): void {
    const mark = this.#marks.pop() ?? 0;
    while (this.#undo.length > mark) {
      const undo = this.#undo.pop() as Undo;
      if ('all' in undo) this.#restore(undo.all, undo.bytes);
      else this.#set(undo.id, this.#entries.get(undo.id), undo.before);
    }
    this.#startTimer();
  }

  get #mayFlush(): boolean {
    return this.#locks === 0 && !this.#connection.foreignTransaction;
  }

  /** Flushes where the settings say so. */
  #afterChange(): void {
    const settings = this.#settings;
    // Nothing pending: the connection may even be closed.
    if (this.#entries.size === 0 || !settings?.autoFlush) return;
    if (this.#bytes >= settings.flushThreshold) this.flush();
    this.#startTimer();
  }

  #startTimer(): void {
    const settings = this.#settings;
    if (this.#timer || this.#entries.size === 0 || !settings?.autoFlush || settings.flushInterval === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      try {
        this.flush();
      } catch (error) {
        // Nobody called, so nobody can catch it. What is pending stays, and the next interval tries again.
        process.emitWarning(
          `KVault: the write cache could not be flushed and will be again: ${error}`,
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
