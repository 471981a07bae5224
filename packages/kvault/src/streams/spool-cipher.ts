type Stream = ReturnType<typeof import('node:crypto')['createCipheriv']>;

const CIPHER = 'aes-256-ctr';
const KEY_BYTES = 32;
const BLOCK = 16;

/**
 * How a spool file is encrypted: by a key that exists only in the memory of this process, while the stream lasts. The
 * key stream of AES in counter mode can begin at any byte, and encrypts and decrypts alike.
 */
export class SpoolCipher {
  readonly key: Uint8Array;
  #stream: Stream | undefined;
  /** Where the stream continues. */
  #position = 0;

  constructor(key: Uint8Array = process.getBuiltinModule('node:crypto').randomBytes(KEY_BYTES)) {
    this.key = key;
  }

  /** Encrypts or decrypts bytes that are at this position of the file. */
  apply(bytes: Uint8Array, position: number): Uint8Array {
    if (!this.#stream || position !== this.#position) this.#stream = this.#streamFrom(position);
    this.#position = position + bytes.length;
    return this.#stream.update(bytes);
  }

  #streamFrom(position: number): Stream {
    const counter = Buffer.alloc(BLOCK);
    counter.writeBigUInt64BE(BigInt(Math.floor(position / BLOCK)), BLOCK - 8);
    const stream = process.getBuiltinModule('node:crypto').createCipheriv(CIPHER, this.key, counter);
    stream.update(Buffer.alloc(position % BLOCK));
    return stream;
  }
}
