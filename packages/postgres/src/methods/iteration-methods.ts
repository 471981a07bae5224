import type { Key, KeyEncoding, KeyOf, KeyRange, Stored } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { entryPages, keyPages } from '../kvault/entry-pages.ts';
import type { PageEntry } from '../kvault/entry-reads.ts';
import { StreamMethods } from './stream-methods.ts';

/** The methods that go through ranges of entries, or count them. */
export abstract class IterationMethods<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends StreamMethods<V, K, A, E> {
  async size(): Promise<number> {
    const { reads, executor } = await this.own.ready();
    return this.own.space ? await reads.count(executor, this.own.range(undefined)) : await reads.size(executor);
  }

  async count(range?: KeyRange | Key): Promise<number> {
    const resolved = this.own.range(range);
    const { reads, executor } = await this.own.ready();
    return await reads.count(executor, resolved);
  }

  async *keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    const resolved = this.own.range(range);
    const { reads, executor } = await this.own.ready();
    for await (const page of keyPages(reads, executor, resolved)) {
      for (const key of page) yield this.own.keyOf(key);
    }
  }

  async *values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    for await (const page of this.#pages(range)) {
      for (const { key, value = await this.#long(key) } of page) {
        this.own.context.assertOpen();
        if (value) yield this.own.value(value, key);
      }
    }
  }

  async *entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    const { hasStructures } = this.own.context;
    for await (const page of this.#pages(range)) {
      for (const { key, value = await this.#long(key) } of page) {
        this.own.context.assertOpen();
        if (!value) continue;
        yield [this.own.keyOf(key), hasStructures ? await this.own.value(value, key) : this.own.decode(value, key)];
      }
    }
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    const resolved = this.own.range(range);
    const { reads, executor } = await this.own.ready();
    const entries = await reads.entries(executor, resolved);
    return await this.own.read(() =>
      entries.map(({ key, value }) => [this.own.keyOf(key), this.own.decode(value, key)]),
    );
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  async *#pages(range: KeyRange | Key | undefined): AsyncGenerator<readonly PageEntry[], void, undefined> {
    const resolved = this.own.range(range);
    const { reads, executor } = await this.own.ready();
    yield* entryPages(reads, executor, resolved);
  }

  /** Reads a value in parts, when it is its turn, if it is still there. */
  #long(key: Buffer): Promise<Buffer | undefined> {
    const { reads, executor } = this.own.context;
    return reads.get(executor, key);
  }
}
