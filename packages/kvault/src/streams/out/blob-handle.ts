import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { Key } from '../../keys/keys.ts';
import { chunkBytes } from '../chunk-bytes.ts';
import { type BlobOptions, checkBlobOptions, checkWhole } from '../options.ts';
import { type StreamContext, type StreamKey, streamKey } from '../stream-context.ts';
import { missing, replaced } from './readable-value.ts';
import { WatchedValue } from './watched-value.ts';

/** Opens a bytes value for random access. What is pending for the key is written first. */
export function openBlob(context: StreamContext, key: Key | StreamKey, given: BlobOptions | undefined): BlobHandle {
  context.connection.assertOpen();
  const source = streamKey(key);
  const { writable = false } = checkBlobOptions(given);
  if (writable) context.connection.checkWritable();
  context.checkStream('openBlob', writable ? 'write' : 'read');
  if (context.entries.reads.hides(source.bytes)) throw missing(context, source);
  context.entries.noteRead?.(source.bytes);
  context.entries.writePendingFor(source.bytes);
  return new BlobHandle(context, new WatchedValue(context, source), source, writable);
}

/**
 * Random access to one bytes value, in place. It holds neither the value in memory nor a lock on the file. After the
 * value has been replaced or deleted, or has expired, every call fails with `KV_STALE`. A replacement by another thread or process is
 * noticed if the row or the value's length has changed. Writes of other handles do not replace the value; reads see
 * them.
 */
export class BlobHandle implements Disposable {
  readonly #connection: Connection;
  readonly #context: StreamContext;
  readonly #value: WatchedValue;
  readonly #key: StreamKey;
  readonly #writable: boolean;
  readonly #unregister: () => void;
  #open = true;

  /** @internal */
  constructor(context: StreamContext, value: WatchedValue, key: StreamKey, writable: boolean) {
    this.#connection = context.connection;
    this.#context = context;
    this.#value = value;
    this.#key = key;
    this.#writable = writable;
    const held = new WeakRef(this);
    this.#unregister = context.register(() => held.deref()?.close());
  }

  /** The number of bytes of the value. A handle never changes it. */
  get size(): number {
    this.#use();
    return this.#value.size;
  }

  /** Returns the bytes from `offset` on, fewer than `length` at the value's end. */
  read(offset: number, length: number): Buffer {
    this.#use();
    checkWhole('offset', offset);
    checkWhole('length', length);
    const target = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#value.size - offset)));
    this.#value.read(target, offset);
    return target;
  }

  /** Fills the target with the bytes from `offset` on. Returns how many there were. */
  readInto(target: ArrayBuffer | ArrayBufferView, offset: number): number {
    this.#use();
    checkWhole('offset', offset);
    return this.#value.read(chunkBytes(target, 'the target'), offset);
  }

  /** Overwrites the value from `offset` on. Returns how many bytes. Refuses bytes that would reach past its end. */
  write(offset: number, bytes: ArrayBuffer | ArrayBufferView): number {
    this.#use();
    checkWhole('offset', offset);
    const source = chunkBytes(bytes, 'the source');
    if (!this.#writable) {
      throw new KohakuVaultError(`the handle on ${this.#key.shown} is readonly; open it with { writable: true }`, {
        code: 'KV_READONLY',
      });
    }
    if (offset + source.length > this.#value.size) {
      throw new InvalidArgument(
        `bytes ${offset} to ${offset + source.length} do not fit the value, which has ${this.#value.size} bytes; ` +
          'use set or putFile to change its length',
      );
    }
    this.#value.write(source, offset);
    return source.length;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unregister();
    this.#value.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #use(): void {
    if (!this.#open || !this.#connection.open) {
      throw new KohakuVaultError(`the handle on ${this.#key.shown} is closed; open it again`, { code: 'KV_CLOSED' });
    }
    if (this.#context.entries.reads.hides(this.#key.bytes)) throw replaced(this.#context, this.#key);
  }
}
