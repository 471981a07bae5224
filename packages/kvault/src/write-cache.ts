import { type CacheOptions, type Connection, WriteBack } from '@kohakuvault/core-native/database';

export type { CacheOptions };

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

/** Entries that wait to be written together. What a transaction's body changed here goes back with its rollback. */
export class WriteCache {
  readonly #write: (entries: Iterable<Pending>) => void;
  readonly #back: WriteBack;
  #entries = new Map<string, Pending>();
  #bytes = 0;
  #version = 0;
  /** While a transaction runs: what it changed, and where each level began. */
  readonly #undo: Undo[] = [];
  readonly #marks: number[] = [];

  constructor(connection: Connection, write: (entries: Iterable<Pending>) => void) {
    this.#write = write;
    const cache = this;
    const pending = {
      get count() {
        return cache.#entries.size;
      },
      get bytes() {
        return cache.#bytes;
      },
      writeOut: () => this.#writeOut(),
      begin: () => this.#marks.push(this.#undo.length),
      commit: () => {
        this.#marks.pop();
        if (this.#marks.length === 0) this.#undo.length = 0;
      },
      rollback: () => this.#rollBack(),
    };
    this.#back = new WriteBack(connection, pending, 'KVault');
  }

  /** Whether writes go here. They do while any is pending: a direct one would be overtaken by it. */
  get active(): boolean {
    return this.#back.active;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Another number after each change of what is pending. */
  get version(): number {
    return this.#version;
  }

  get stats(): CacheStats | undefined {
    const { capBytes } = this.#back;
    return capBytes === undefined ? undefined : { entries: this.#entries.size, bytes: this.#bytes, capBytes };
  }

  enable(options?: CacheOptions): void {
    this.#back.enable(options);
  }

  disable(): void {
    this.#back.disable();
  }

  /** Runs a body with these settings; where scopes overlap, those of the newest one hold. */
  scope<O, T>(owner: O, first: CacheOptions | ((owner: O) => T), second?: (owner: O) => T): T {
    return this.#back.scope(owner, first, second);
  }

  /** Runs a body during which nothing is flushed. */
  lock<T>(body: () => T): T {
    return this.#back.lock(body);
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
    const before = this.#entries.get(id);
    const { version } = this;
    if (!this.#back.makeRoom(entry.bytes - (before?.bytes ?? 0), entry.bytes)) return false;
    // Nothing is as it was where room has been made.
    this.#replace(id, version === this.#version ? before : this.#entries.get(id), entry);
    this.#back.changed();
    return true;
  }

  /** Forgets an entry that has been written directly. */
  forget(id: string): void {
    const before = this.#entries.get(id);
    if (before) this.#replace(id, before, undefined);
  }

  /** Writes everything pending in one transaction; the number of entries. Nothing while locked. */
  flush(): number {
    return this.#back.flush();
  }

  /** Before the connection closes. */
  close(): void {
    this.#back.close();
  }

  #writeOut(): void {
    this.#write(this.#entries.values());
    if (this.#marks.length > 0) this.#undo.push({ all: this.#entries, bytes: this.#bytes });
    this.#restore(new Map(), 0);
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
  }
}
