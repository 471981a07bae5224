import { CorruptData, checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { decodeValue, encodeValue, HEADER_LENGTH } from '@kohakuvault/packer/value';
import { type Key, showKey } from '../keys/keys.ts';
import { looksLikeManifest } from './manifest.ts';

/** The first byte of every header. */
const MAGIC = 0x89;

/** A key, or how to get it where that costs something: only messages need it. */
type KeyOrHow = Key | (() => Key);

export function checkAutoPack(options: { structured?: boolean } | undefined): void {
  checkOptions('enableAutoPack', options, { structured: rules.boolean });
}

/** How a vault's values become stored bytes and values again; errors name the key and the table. */
export class ValueCodec {
  readonly table: string;
  #autoPack: boolean;
  #headers: boolean;
  #structured = true;

  constructor(table: string, { autoPack, headers }: { autoPack: boolean; headers: boolean }) {
    this.table = table;
    this.#autoPack = autoPack;
    this.#headers = headers;
  }

  get autoPack(): boolean {
    return this.#autoPack;
  }

  /** Whether bytes that begin like a header are stored behind one. */
  get escapes(): boolean {
    return this.#autoPack && this.#headers;
  }

  get headers(): boolean {
    return this.#headers;
  }

  set headers(on: boolean) {
    this.#headers = on;
  }

  /** The options have been checked. */
  enableAutoPack(options: { structured?: boolean } | undefined): void {
    this.#autoPack = true;
    this.#headers = true;
    this.#structured = options?.structured ?? true;
  }

  disableAutoPack(): void {
    this.#autoPack = false;
  }

  /** The stored bytes, which may be the very bytes that were given. */
  encode(value: unknown, key: Key): Buffer {
    try {
      return encodeValue(value, { autoPack: this.#autoPack, headers: this.#headers, structured: this.#structured });
    } catch (error) {
      if (error instanceof InvalidArgument) {
        throw new InvalidArgument(`the value for ${showKey(key)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** Whether stored bytes that begin so are the value themselves. */
  isBare(first: number | undefined, length: number): boolean {
    return first !== MAGIC || length < HEADER_LENGTH || !this.#autoPack;
  }

  /** The value of stored bytes that are the caller's to give away: where it is bytes, it shares their memory. */
  decode(stored: Buffer, key: KeyOrHow): unknown {
    try {
      return decodeValue(stored, { autoPack: this.#autoPack });
    } catch (error) {
      if (looksLikeManifest(stored)) {
        throw new CorruptData(`the value of ${shown(key)} in ${this.table} is in parts that are not there`);
      }
      // No argument is wrong where stored bytes are decoded: those that say they are in parts are not as long as a manifest is.
      if (error instanceof CorruptData || error instanceof InvalidArgument) {
        throw new CorruptData(`the value of ${shown(key)} in ${this.table}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** The value stored in memory that is used again, of which nothing is given away. */
  decodeFrom(memory: Buffer, start: number, end: number, key: KeyOrHow): unknown {
    if (this.isBare(memory[start], end - start)) return copyOf(memory, start, end);
    const value = this.decode(memory.subarray(start, end), key);
    return value instanceof Buffer ? Buffer.from(value) : value;
  }
}

function shown(key: KeyOrHow): string {
  return showKey(typeof key === 'function' ? key() : key);
}

function copyOf(memory: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  memory.copy(copy, 0, start, end);
  return copy;
}
