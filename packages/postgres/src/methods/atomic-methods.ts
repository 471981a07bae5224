import { InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  checkIncrement,
  type ExpiryOptions,
  type Key,
  type KeyEncoding,
  NEVER,
  type Storable,
  type Stored,
  Version,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { AtomicEntries } from '../kvault/atomic-entries.ts';
import { IterationMethods } from './iteration-methods.ts';

/** The methods that depend on what an entry is, and on when it expires. */
export abstract class AtomicMethods<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends IterationMethods<V, K, A, E> {
  async setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean> {
    const life = this.own.lifeOf('setIfAbsent', options);
    const entry = await this.own.written(() => this.own.encode(key, value));
    return await this.#atomic.setIfAbsent({ ...entry, life });
  }

  async getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }> {
    const stored = await this.own.stored(key);
    const value = stored === undefined ? undefined : await this.own.value(stored, key);
    return { value, version: Version.of(stored) };
  }

  async compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean> {
    const life = this.own.lifeOf('compareAndSet', options);
    const bytes = this.own.key(key);
    const stored = await this.own.written(() => (next === undefined ? undefined : this.own.encode(key, next).value));
    return await this.#atomic.compareAndSet(bytes, expected, stored, life);
  }

  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  async increment(key: Key, by: number | bigint = 1, options?: ExpiryOptions): Promise<number | bigint> {
    const bytes = this.own.key(key);
    const amount = checkIncrement(by);
    const life = this.own.lifeOf('increment', options);
    await this.own.ready();
    return await this.#atomic.increment(bytes, amount, life);
  }

  async touch(key: Key, options?: ExpiryOptions): Promise<boolean> {
    const bytes = this.own.key(key);
    if (options === undefined && this.own.ttl === NEVER) {
      throw new InvalidArgument('touch expects ttl or expiresAt, since the vault has no ttl of its own');
    }
    const life = this.own.lifeOf('touch', options);
    const { writes, executor } = await this.own.ready();
    return await writes.touch(executor, bytes, life);
  }

  async ttlOf(key: Key): Promise<number | undefined> {
    const bytes = this.own.key(key);
    const { reads, executor } = await this.own.ready();
    return await reads.ttlOf(executor, bytes);
  }

  async purgeExpired(): Promise<number> {
    const { purges } = await this.own.ready();
    return await purges.all();
  }

  get #atomic(): AtomicEntries {
    return new AtomicEntries(this.own.context);
  }
}
