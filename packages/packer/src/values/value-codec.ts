import { CorruptData, checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { becomesObjects, HEADER_LENGTH, hasHeader } from '../headers/header.ts';
import { decodeValue } from './decode-value.ts';
import { encodeValue } from './encode-value.ts';
import type { Streams } from './value-format.ts';

/** The first byte of every header. */
const MAGIC = 0x89;

/** How messages call a value: `Owner` is what tells it from others, such as its key. */
export interface ValueNames<Owner> {
  /** A value to encode: "the value for 'a'". */
  given(owner: Owner): string;
  /** A stored value: "the value of 'a' in kv". */
  stored(owner: Owner): string;
}

export interface AutoPackOptions {
  /** Off: values that Python cannot read are refused. Default true. */
  readonly structured?: boolean;
}

/**
 * Encodes and decodes the values of one vault. It holds the vault's auto-pack switches. For sibling packages only.
 * @hidden
 */
export class ValueCodec<Owner> {
  readonly #names: ValueNames<Owner>;
  /** Throws if a packed value is too long to be decoded; undefined for a file that is trusted. */
  checkPacked: ((bytes: number, what: () => string) => void) | undefined;
  #autoPack: boolean;
  #structured = true;
  /** Whether values are stored behind a header that tells their encoding. */
  headers: boolean;

  constructor(names: ValueNames<Owner>, { autoPack, headers }: { autoPack: boolean; headers: boolean }) {
    this.#names = names;
    this.#autoPack = autoPack;
    this.headers = headers;
  }

  get autoPack(): boolean {
    return this.#autoPack;
  }

  /** The name of the encoding that the file keeps. */
  get encoding(): string {
    return 'auto';
  }

  /** What streams may do with the values. */
  get streams(): Streams {
    return 'read and write';
  }

  /** Whether bytes that begin like a header are stored behind one. */
  get escapes(): boolean {
    return this.#autoPack && this.headers;
  }

  /**
   * Encodes values of any kind from now on. `register` runs when the options have been checked, before anything
   * changes.
   */
  enableAutoPack(options: AutoPackOptions | undefined, register?: () => void): void {
    checkOptions('enableAutoPack', options, { structured: rules.boolean });
    register?.();
    this.#autoPack = true;
    this.headers = true;
    this.#structured = options?.structured ?? true;
  }

  disableAutoPack(): void {
    this.#autoPack = false;
  }

  /** Returns the bytes to store, which may be the very bytes that were given. */
  encode(value: unknown, owner: Owner): Buffer {
    try {
      return encodeValue(value, { autoPack: this.#autoPack, headers: this.headers, structured: this.#structured });
    } catch (error) {
      if (error instanceof InvalidArgument) {
        throw new InvalidArgument(`${this.#names.given(owner)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** Tells by the first byte and the length whether stored bytes are the value itself, without a header. */
  isBare(first: number | undefined, length: number): boolean {
    return first !== MAGIC || length < HEADER_LENGTH || !this.#autoPack;
  }

  /** Returns how long the header is that stored bytes with this beginning have; 0 without one. */
  headerLength(first: Buffer): number {
    return this.#autoPack && hasHeader(first) ? HEADER_LENGTH : 0;
  }

  /** Decodes bytes that the caller does not use again: a value that is bytes shares their memory. */
  decode(stored: Buffer, owner: Owner): unknown {
    if (this.checkPacked !== undefined && this.#autoPack && becomesObjects(stored)) {
      this.checkPacked(stored.length, () => this.#names.stored(owner));
    }
    try {
      return decodeValue(stored, { autoPack: this.#autoPack });
    } catch (error) {
      throw this.#damaged(error, owner);
    }
  }

  /** Decodes a value from memory that the caller uses again: the value shares none of it. */
  decodeFrom(memory: Buffer, start: number, end: number, owner: Owner): unknown {
    if (this.isBare(memory[start], end - start)) return copyOf(memory, start, end);
    const value = this.decode(memory.subarray(start, end), owner);
    return Buffer.isBuffer(value) ? Buffer.from(value) : value;
  }

  #damaged(error: unknown, owner: Owner): unknown {
    if (error instanceof CorruptData) {
      return new CorruptData(`${this.#names.stored(owner)}: ${error.message}`, { cause: error });
    }
    // Stored bytes are no wrong argument: `decodeValue` only refuses a manifest so, since it has no parts.
    if (error instanceof InvalidArgument) {
      return new CorruptData(`${this.#names.stored(owner)} is in parts that are missing`, { cause: error });
    }
    return error;
  }
}

function copyOf(memory: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  memory.copy(copy, 0, start, end);
  return copy;
}
