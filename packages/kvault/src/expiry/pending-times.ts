import type { CheckedKey } from '../keys/keys.ts';
import { NEVER } from './expiry-options.ts';

/** What keys had before a level of a transaction changed them. */
type Undo = Map<string, number>;

/**
 * When pending entries expire. An entry that is not here does not. It changes with the pending writes, and follows the
 * same transactions.
 */
export class PendingTimes {
  readonly #times = new Map<string, number>();
  /** A level that has changed nothing has no undo yet. */
  readonly #levels: (Undo | undefined)[] = [];
  #first = NEVER;

  /** No pending entry expires before this. */
  get first(): number {
    return this.#first;
  }

  /** Returns when a pending entry expires. */
  of(key: CheckedKey): number {
    return this.#times.size === 0 ? NEVER : (this.#times.get(nameOf(key)) ?? NEVER);
  }

  set(key: CheckedKey, time: number): void {
    if (time === NEVER && this.#times.size === 0) return;
    this.#change(nameOf(key), time);
  }

  clear(): void {
    for (const name of [...this.#times.keys()]) this.#change(name, NEVER);
    this.#first = NEVER;
  }

  /** Returns the keys with their times. */
  entries(): [Buffer, number][] {
    return Array.from(this.#times, ([name, time]) => [Buffer.from(name, 'latin1'), time]);
  }

  /** Returns when the first of the entries expires that have not expired yet. */
  nextAfter(now: number): number {
    if (this.#first > now) return this.#first;
    let next = NEVER;
    for (const time of this.#times.values()) if (time > now && time < next) next = time;
    return next;
  }

  /** Returns the keys whose entries have expired, as `nameOf` writes them. */
  expiredNames(now: number): string[] {
    if (this.#first > now) return [];
    return Array.from(this.#times).flatMap(([name, time]) => (time <= now ? [name] : []));
  }

  /** Returns the same keys as bytes. */
  expired(now: number): Buffer[] {
    return this.expiredNames(now).map((name) => Buffer.from(name, 'latin1'));
  }

  begin(): void {
    this.#levels.push(undefined);
  }

  commit(): void {
    const undo = this.#levels.pop();
    const outer = this.#levels.length - 1;
    if (undo === undefined || outer < 0) return;
    // What the keys had when the outer level began counts.
    this.#levels[outer] = new Map([...undo, ...(this.#levels[outer] ?? [])]);
  }

  rollback(): void {
    for (const [name, time] of this.#levels.pop() ?? []) this.#put(name, time);
    this.#first = NEVER;
    for (const time of this.#times.values()) this.#first = Math.min(this.#first, time);
  }

  #change(name: string, time: number): void {
    const innermost = this.#levels.length - 1;
    if (innermost >= 0) {
      this.#levels[innermost] ??= new Map();
      const undo = this.#levels[innermost] as Undo;
      if (!undo.has(name)) undo.set(name, this.#times.get(name) ?? NEVER);
    }
    this.#put(name, time);
  }

  #put(name: string, time: number): void {
    if (time === NEVER) this.#times.delete(name);
    else this.#times.set(name, time);
    this.#first = Math.min(this.#first, time);
  }
}

/** Returns the bytes of a key as text that a Map compares. */
export function nameOf(key: CheckedKey): string {
  const bytes = typeof key === 'string' ? Buffer.from(key) : Buffer.from(key.buffer, key.byteOffset, key.length);
  return bytes.toString('latin1');
}
