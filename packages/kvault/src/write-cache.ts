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
  readonly value: Uint8Array | undefined;
  readonly bytes: number;
}

/** How an entry stood before a change inside a transaction, for the case that it is rolled back. */
interface Undo {
  readonly id: string;
  readonly before: Pending | undefined;
}

/** Entries that wait to be written together. What a transaction's body changed here goes back with its rollback. */
export class WriteCache {
  readonly #write: (entry: Pending) => void;
  readonly #back: WriteBack;
  readonly #entries = new Map<string, Pending>();
  #bytes = 0;
  /** While a transaction runs: what it changed, and where each level began. */
  readonly #undo: Undo[] = [];
  readonly #marks: number[] = [];

  constructor(connection: Connection, write: (entry: Pending) => void) {
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
  scope<T>(options: CacheOptions | undefined, body: () => T): T {
    return this.#back.scope(options, body);
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
    const grows = entry.bytes - (this.#entries.get(id)?.bytes ?? 0);
    if (!this.#back.makeRoom(grows, entry.bytes)) return false;
    this.#replace(id, entry);
    this.#back.changed();
    return true;
  }

  /** Forgets an entry that has been written directly. */
  forget(id: string): void {
    if (this.#entries.has(id)) this.#replace(id, undefined);
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
    for (const entry of this.#entries.values()) this.#write(entry);
    if (this.#marks.length > 0) for (const [id, before] of this.#entries) this.#undo.push({ id, before });
    this.#entries.clear();
    this.#bytes = 0;
  }

  #replace(id: string, entry: Pending | undefined): void {
    const before = this.#entries.get(id);
    if (this.#marks.length > 0) this.#undo.push({ id, before });
    this.#set(id, entry);
  }

  #set(id: string, entry: Pending | undefined): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    if (entry) {
      this.#entries.set(id, entry);
      this.#bytes += entry.bytes;
    } else {
      this.#entries.delete(id);
    }
  }

  #rollBack(): void {
    const mark = this.#marks.pop() ?? 0;
    while (this.#undo.length > mark) {
      const { id, before } = this.#undo.pop() as Undo;
      this.#set(id, before);
    }
  }
}
