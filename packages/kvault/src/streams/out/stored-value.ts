import { CorruptData, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';
import type { Extent, StoredValues } from '../../values/stored-values.ts';
import type { StreamHost, StreamKey } from '../stream-context.ts';

/** A bytes value that is open for reading. The header that may stand before it is not seen. */
export interface StoredValue {
  readonly size: number;
  /** Fills the target from `offset` on; how many bytes there were. */
  read(target: Uint8Array, offset: number): number;
  close(): void;
}

/** As much of a value as tells whether it has a header. */
export function firstBytes(values: StoredValues, key: Buffer, extent: Extent): Buffer {
  const first = Buffer.alloc(Math.min(extent.size, HEADER_LENGTH));
  values.read(key, extent, first, 0);
  return first;
}

/** How many stored bytes stand before the content. A packed value is refused: its bytes mean nothing by themselves. */
export function frontLength(host: StreamHost, key: StreamKey, first: Uint8Array): number {
  const found = host.setup.codec.autoPack ? readHeader(first) : undefined;
  if (!found) return 0;
  if (found.id === Encoding.raw) return HEADER_LENGTH;
  if (found.id === Encoding.manifest) {
    throw new CorruptData(`the value of ${key.shown} in ${host.table} is in parts that are not there`);
  }
  throw new InvalidArgument(`the value of ${key.shown} in ${host.table} is packed, and no plain bytes: use get`);
}

export function missing(host: StreamHost, key: StreamKey): NotFound {
  return new NotFound(`${host.table} has no key ${key.shown}`);
}

export class MemoryValue implements StoredValue {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(target: Uint8Array, offset: number): number {
    const part = this.#bytes.subarray(offset, offset + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {}
}
