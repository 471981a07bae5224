import { CorruptData, InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';
import type { Extent, ValueBytes } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';

/** A bytes value that is open for reading, without the header that may be stored before it. */
export interface ReadableValue {
  readonly size: number;
  /** Fills the target with the bytes from `offset` on. Returns how many there were. */
  read(target: Uint8Array, offset: number): number;
  /**
   * Goes some way toward `offset`, where the next read will be. Returns whether that read is near by then. Without this
   * method every read is near.
   */
  approach?(offset: number): boolean;
  close(): void;
}

/** What messages and headers need of a vault, and of a key. Vaults on a server have them too. */
type Named = Pick<StreamContext, 'table'>;
type ValueOwner = Pick<StreamContext, 'table' | 'codec'>;
type Shown = Pick<StreamKey, 'shown'>;

/** Returns the bytes of a value that tell whether it has a header. */
export function firstBytes(values: ValueBytes, key: Buffer, extent: Extent): Buffer {
  const first = Buffer.alloc(Math.min(extent.size, HEADER_LENGTH));
  values.read(key, extent, first, 0);
  return first;
}

/**
 * Returns how many bytes are stored before the content. Refuses a packed value: its bytes mean nothing by themselves.
 */
export function frontLength(context: ValueOwner, key: Shown, first: Uint8Array): number {
  const found = context.codec.autoPack ? readHeader(first) : undefined;
  if (!found) return 0;
  if (found.id === Encoding.raw) return HEADER_LENGTH;
  if (found.id === Encoding.manifest) {
    throw new CorruptData(
      `the value of ${key.shown} in ${context.table} is in parts that are missing; ` +
        'restore a backup, or set the key again',
    );
  }
  throw new InvalidArgument(`the value of ${key.shown} in ${context.table} is packed, not plain bytes; use get`);
}

export function missing(context: Named, key: Shown): NotFound {
  return new NotFound(`${context.table} has no key ${key.shown}`);
}

export function replaced(context: Named, key: Shown): KohakuVaultError {
  return new KohakuVaultError(
    `the value of ${key.shown} in ${context.table} has been replaced, or has expired, since it was opened; open it again`,
    { code: 'KV_STALE' },
  );
}

/** A value in memory, or a range of it, which begins at byte `start`. */
export class MemoryValue implements ReadableValue {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;

  constructor(bytes: Uint8Array, { size, start }: { size: number; start: number } = { size: bytes.length, start: 0 }) {
    this.size = size;
    this.#bytes = bytes;
    this.#start = start;
  }

  read(target: Uint8Array, offset: number): number {
    const from = offset - this.#start;
    const part = this.#bytes.subarray(from, from + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {}
}
