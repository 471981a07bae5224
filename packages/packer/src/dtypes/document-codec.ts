import { EncodeError } from '../errors/encode-error.ts';
import { decodeCbor } from '../formats/cbor/cbor-reader.ts';
import { CborWriter } from '../formats/cbor/cbor-writer.ts';
import { decodeMessagePack } from '../formats/msgpack/msgpack-reader.ts';
import { MessagePackWriter } from '../formats/msgpack/msgpack-writer.ts';
import type { Codec } from './codec.ts';

interface Writer {
  encode(value: unknown): Buffer;
}

interface Format {
  /** A writer that no call uses: a getter inside a value may encode another value meanwhile. */
  idle: Writer | undefined;
  newWriter(): Writer;
  decode(bytes: Buffer): unknown;
}

const FORMATS: Record<'msgpack' | 'cbor', Format> = {
  msgpack: {
    idle: undefined,
    newWriter: () => new MessagePackWriter(),
    decode: (bytes) => decodeMessagePack(bytes),
  },
  cbor: { idle: undefined, newWriter: () => new CborWriter(), decode: decodeCbor },
};

/** JSON-like data as MessagePack or CBOR. With a size, it is padded with zeros, which reading ignores. */
export class DocumentCodec implements Codec {
  readonly size: number;
  readonly #format: Format;
  readonly #empty: boolean;

  /** `empty` is true for a size of 0, which no value fits. */
  constructor(format: keyof typeof FORMATS, size: number, empty: boolean) {
    this.size = size;
    this.#format = FORMATS[format];
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    const bytes = this.#encoded(value);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      throw new EncodeError(`the value takes ${bytes.length} bytes; the dtype holds at most ${this.size}`);
    }
    return bytes;
  }

  #encoded(value: unknown): Buffer {
    const format = this.#format;
    const writer = format.idle ?? format.newWriter();
    format.idle = undefined;
    try {
      return writer.encode(value);
    } finally {
      format.idle = writer;
    }
  }

  decode(bytes: Buffer, start: number, end: number): unknown {
    return this.#format.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }
}
