import type { KeyEncoding } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { timedPages } from '../kvault/entry-pages.ts';
import type { NewTimedEntry, TimedEntry } from '../kvault/entry-reads.ts';
import type { OwnEntries } from './own-entries.ts';

/** The entries of one vault as they are stored, for those who copy them. Long values are left out when they are read. */
export class CopiedEntries {
  readonly #own: OwnEntries<unknown, KeyEncoding, boolean, ValueEncoding>;

  constructor(own: OwnEntries<unknown, KeyEncoding, boolean, ValueEncoding>) {
    this.#own = own;
  }

  async *rows(): AsyncGenerator<TimedEntry, void, undefined> {
    const { reads, executor } = await this.#own.ready();
    for await (const page of timedPages(reads, executor)) yield* page;
  }

  /** Writes entries, in place of those that have their keys: all of them or none. */
  async put(entries: readonly NewTimedEntry[]): Promise<void> {
    const { writes, executor } = await this.#own.ready();
    await writes.putTimed(executor, entries);
  }

  /** Does the same for keys that are most likely new. */
  async add(entries: readonly NewTimedEntry[]): Promise<void> {
    const { writes, executor } = await this.#own.ready();
    await writes.addTimed(executor, entries);
  }

  /** Returns the value of a row, or a promise of it. */
  decode(value: Buffer, key: Buffer): unknown {
    return this.#own.value(value, key);
  }

  /** Encodes values, as rows have them. */
  encode(entries: readonly (readonly [key: Buffer, value: unknown])[]): Promise<Buffer[]> {
    return this.#own.written(() => entries.map(([key, value]) => this.#own.encode(key, value).value));
  }
}
