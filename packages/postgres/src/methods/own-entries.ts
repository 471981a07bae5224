import { isArrayBuffer, type NotFound } from '@kohakuvault/core-native/internal';
import {
  type ExpiryOptions,
  type Key,
  type KeyEncoding,
  type KeyOf,
  type KeyRange,
  type KeySpace,
  keyText,
  type Lifetime,
  missing,
  NEVER,
  type ResolvedRange,
  resolveRange,
  type Stored,
  showKey,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { encodedIn } from '../kvault/encoded-in.ts';
import type { StoredEntry } from '../kvault/entry-reads.ts';
import { storedKey } from '../kvault/keys.ts';
import { lifeOf } from '../kvault/life.ts';
import type { VaultContext } from '../kvault/vault-context.ts';
import type { StreamKey } from '../streams/stream-key.ts';

/** The keys of a sublevel, and when its entries expire by default. */
export interface Sublevel {
  readonly space: KeySpace;
  readonly ttl: number;
}

/** The entries of one vault, or of a sublevel of it: checks and encodes what is given, and decodes what is stored. */
export class OwnEntries<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding> {
  readonly context: VaultContext;
  /** The keys of a sublevel; undefined if the vault has all keys of its table. */
  readonly space: KeySpace | undefined;
  /** After how many milliseconds an entry expires by default. */
  readonly ttl: number;

  constructor(context: VaultContext, sublevel?: Sublevel) {
    this.context = context;
    this.space = sublevel?.space;
    this.ttl = sublevel?.ttl ?? context.options.ttl;
  }

  /** Finds or makes the tables, once. */
  async ready(): Promise<VaultContext> {
    await this.context.ready();
    return this.context;
  }

  /** Encodes values now, and again if that has shown structures that they can share. */
  written<T>(encode: () => T): Promise<T> {
    return encodedIn(this.context, encode);
  }

  /** Returns the stored bytes of a key. A vault that is ready asks for them at once. */
  stored(key: Key): Promise<Buffer | undefined> {
    const bytes = this.key(key);
    const { reads, executor, isReady } = this.context;
    return isReady ? reads.get(executor, bytes) : this.ready().then(() => reads.get(executor, bytes));
  }

  /** Decodes a value: at once, unless that may need structures that others have added. */
  value(stored: Buffer, key: Key): Stored<V, A, E> | Promise<Stored<V, A, E>> {
    return this.context.hasStructures ? this.read(() => this.decode(stored, key)) : this.decode(stored, key);
  }

  read<T>(decode: () => T): Promise<T> {
    return this.context.structures.decode(this.context.executor, decode);
  }

  encode(key: Key, value: unknown): StoredEntry {
    this.context.assertOpen();
    const bytes = this.key(key);
    const encoded = this.context.codec.encode(value, key);
    // Bytes that may belong to the caller are copied: they are sent later, and may change until then.
    const isOurs = this.context.codec.encoding === 'auto' && !ArrayBuffer.isView(value) && !isArrayBuffer(value);
    return { key: bytes, value: isOurs ? encoded : Buffer.from(encoded) };
  }

  decode(stored: Buffer, key: Key): Stored<V, A, E> {
    return this.context.codec.decode(stored, key) as Stored<V, A, E>;
  }

  /** Checks a key, and returns the key of the table. */
  key(key: Key): Buffer {
    return this.space === undefined ? storedKey(key) : storedKey(this.space.key(key));
  }

  /** Streams check a key themselves, in their turn among other arguments. */
  streamKey(key: Key): Key | StreamKey {
    if (this.space === undefined) return key;
    const bytes = this.key(key);
    return { bytes, shown: showKey(bytes), given: key };
  }

  /** Checks a range, and returns the range of the table. */
  range(range: KeyRange | Key | undefined): ResolvedRange {
    return this.space === undefined ? resolveRange(range) : this.space.range(range);
  }

  lifeOf(method: string, options: ExpiryOptions | undefined): Lifetime | undefined {
    return options === undefined && this.ttl === NEVER ? undefined : lifeOf(method, options, this.ttl);
  }

  keyOf(stored: Buffer): KeyOf<K> {
    const start = this.space?.prefix.length ?? 0;
    const isBytes = this.context.options.keyEncoding === 'bytes';
    return (isBytes ? stored.subarray(start) : keyText(stored, start, stored.length)) as KeyOf<K>;
  }

  missing(key: Key): NotFound {
    return missing(this.context, { shown: showKey(this.space ? this.key(key) : key) });
  }
}
