import { decodeCbor } from './codec/cbor-reader.ts';
import { CborWriter } from './codec/cbor-writer.ts';
import { decodeMessagePack } from './codec/msgpack-reader.ts';
import { MessagePackWriter } from './codec/msgpack-writer.ts';
import { Refusal } from './codec/refusal.ts';
import type { Codec } from './codec.ts';

const FORMATS = {
  msgpack: { writer: new MessagePackWriter(), decode: (bytes: Buffer) => decodeMessagePack(bytes) },
  cbor: { writer: new CborWriter(), decode: decodeCbor },
};

/** JSON-like data as MessagePack or CBOR. With a size it is filled up with zeros, which reading ignores. */
export class DocumentCodec implements Codec {
  readonly size: number;
  readonly #format: (typeof FORMATS)['msgpack'] | (typeof FORMATS)['cbor'];
  readonly #empty: boolean;

  /** `empty` is for a size of 0, which holds nothing. */
  constructor(format: keyof typeof FORMATS, size: number, empty: boolean) {
    this.size = size;
    this.#format = FORMATS[format];
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    const bytes = this.#format.writer.encode(value);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      throw new Refusal(`the value takes ${bytes.length} bytes, and the dtype holds ${this.size}`);
    }
    return bytes;
  }

  decode(bytes: Buffer, start: number, end: number): unknown {
    return this.#format.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }
}
