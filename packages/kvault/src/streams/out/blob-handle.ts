import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Key } from '../../keys/keys.ts';
import { type BlobOptions, checkBlobOptions } from '../options.ts';
import { bytesOf, type StreamHost, streamKey } from '../stream-context.ts';
import { WatchedValue } from './watched-value.ts';

/** Opens a bytes value for random access. What waits for the key in the write-back cache is written first. */
export function openBlob(host: StreamHost, key: Key, given: BlobOptions | undefined): BlobHandle {
  host.connection.assertOpen();
  const source = streamKey(key);
  const { writable = false } = checkBlobOptions(given);
  if (writable) host.connection.checkWritable();
  host.setup.entries.settle(source.bytes);
  return new BlobHandle(host, new WatchedValue(host, source), source.shown, writable);
}

/**
 * Random access to one bytes value, in place: nothing of it is held in memory, and no lock on the file. After the value
 * has been replaced or deleted every call fails with `KV_STALE`; of what other threads and processes write, that is noticed
 * where the row or the value's length is another. Writes of other handles are no replacement: they are seen.
 */
export class BlobHandle implements Disposable {
  readonly #host: StreamHost;
  readonly #value: WatchedValue;
  readonly #shown: string;
  readonly #writable: boolean;
  readonly #unregister: () => void;
  #open = true;

  /** @internal */
  constructor(host: StreamHost, value: WatchedValue, shown: string, writable: boolean) {
    this.#host = host;
    this.#value = value;
    this.#shown = shown;
    this.#writable = writable;
    const held = new WeakRef(this);
    this.#unregister = host.register(() => held.deref()?.close());
  }

  /** How many bytes the value has. A handle never changes it. */
  get size(): number {
    this.#use();
    return this.#value.size;
  }

  /** The bytes from `offset` on: fewer than `length` at the value's end. */
  read(offset: number, length: number): Buffer {
    this.#use();
    checkWhole('offset', offset);
    checkWhole('length', length);
    const target = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#value.size - offset)));
    this.#value.read(target, offset);
    return target;
  }

  /** Fills the target from `offset` on; how many bytes there were. */
  readInto(target: ArrayBuffer | ArrayBufferView, offset: number): number {
    this.#use();
    checkWhole('offset', offset);
    return this.#value.read(bytesOf(target, 'the target'), offset);
  }

  /** Overwrites from `offset` on; how many bytes. What would reach past the end is refused. */
  write(offset: number, bytes: ArrayBuffer | ArrayBufferView): number {
    this.#use();
    checkWhole('offset', offset);
    const source = bytesOf(bytes, 'what to write');
    if (!this.#writable) {
      throw new KohakuVaultError(`the handle on ${this.#shown} only reads: open it with { writable: true }`, {
        code: 'KV_READONLY',
      });
    }
    if (offset + source.length > this.#value.size) {
      throw new InvalidArgument(
        `bytes ${offset} to ${offset + source.length} do not fit: the value has ${this.#value.size}, and a handle does not change that`,
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
    if (this.#open && this.#host.connection.open) return;
    throw new KohakuVaultError(`the handle on ${this.#shown} is closed: open it again`, { code: 'KV_CLOSED' });
  }
}

function checkWhole(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new InvalidArgument(`the ${name} is ${describe(value)}; expected a whole number from 0 on`);
  }
}
