import { EncodedCodec, NO_STRUCTURES, recordFormat } from '@kohakuvault/packer/value';

/** The encodings whose values share structures. A file has one list of them, and each vault of a server its own. */
export type RecordEncoding = 'msgpack' | 'cbor';

export function isRecordEncoding(encoding: string): encoding is RecordEncoding {
  return encoding === 'msgpack' || encoding === 'cbor';
}

/**
 * Values that share structures. The numbers of structures mean nothing on the other side, so values are compared and copied
 * in the same encoding without structures, and all of them through memory.
 */
export class NeutralValues {
  readonly #codec: EncodedCodec<undefined>;

  constructor(encoding: RecordEncoding) {
    const names = { given: () => 'a value', stored: () => 'a copied value' };
    this.#codec = new EncodedCodec(names, encoding, recordFormat(encoding, NO_STRUCTURES));
  }

  /** Returns those of an encoding; undefined for values that are copied as they are stored. */
  static of(encoding: string): NeutralValues | undefined {
    return isRecordEncoding(encoding) ? new NeutralValues(encoding) : undefined;
  }

  bytesOf(value: unknown): Buffer {
    // The library uses its memory again.
    return Buffer.from(this.#codec.encode(value, undefined));
  }

  valueOf(bytes: Buffer): unknown {
    return this.#codec.decode(bytes, undefined);
  }
}
