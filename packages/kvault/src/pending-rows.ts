import { isWithin, type ResolvedRange } from './range.ts';
import type { Pending, WriteCache } from './write-cache.ts';

/** An entry of the write-back cache, by its key's bytes. */
export interface PendingRow {
  readonly key: Buffer;
  readonly entry: Pending;
}

/** What is pending in a cache, in the order of the keys; sorted again only when the cache has changed. */
export class PendingRows {
  readonly #cache: WriteCache;
  readonly #direction: 1 | -1;
  #sorted: PendingRow[] = [];
  #version: number | undefined;

  constructor(cache: WriteCache, reverse: boolean) {
    this.#cache = cache;
    this.#direction = reverse ? -1 : 1;
  }

  within(range: ResolvedRange): PendingRow[] {
    if (this.#version !== this.#cache.version) this.#sort();
    return this.#sorted.filter(({ key }) => isWithin(key, range));
  }

  #sort(): void {
    this.#sorted = Array.from(this.#cache.entries(), ([, entry]) => ({ key: Buffer.from(entry.key as string), entry }));
    this.#sorted.sort((a, b) => this.#direction * Buffer.compare(a.key, b.key));
    this.#version = this.#cache.version;
  }
}
