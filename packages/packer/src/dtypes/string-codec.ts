import { describe } from '@kohakuvault/core-native/internal';
import { Malformed, Refusal } from '../errors/codec-errors.ts';
import { textOf } from '../formats/text-reader.ts';
import type { Codec } from './codec.ts';
import type { TextEncoding } from './dtype-types.ts';

const { constants, isAscii, isUtf8 } = process.getBuiltinModule('node:buffer');

/** Text in one encoding. With a size (in bytes) it is filled up with zeros, which are cut off again when it is read. */
export class StringCodec implements Codec {
  readonly size: number;
  readonly #encoding: TextEncoding;
  readonly #empty: boolean;

  /** `empty` is for `str:0`, which holds nothing. */
  constructor(size: number, encoding: TextEncoding, empty: boolean) {
    this.size = size;
    this.#encoding = encoding;
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    if (typeof value !== 'string') throw new Refusal(`${describe(value)} is no string`);
    const bytes = encode(value, this.#encoding);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      const shown = describe(value);
      throw new Refusal(`${shown} takes ${bytes.length} bytes in ${this.#encoding}, and the dtype holds ${this.size}`);
    }
    return bytes;
  }

  /** ASCII is encoded all at once: then, and only then, the bytes are as many as the characters. */
  encodeList(values: ArrayLike<unknown>, count: number): { data: Buffer; offsets: Float64Array } | undefined {
    if (this.size > 0 || this.#empty || this.#encoding.startsWith('utf16')) return undefined;
    // A copy: a getter may give another text the next time.
    const texts: string[] = count > MANY ? [] : new Array(count);
    let length = 0;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'string') return undefined;
      length += value.length;
      texts[index] = value;
    }
    if (length > LONGEST_TEXT) return undefined;
    const offsets = new Float64Array(count + 1);
    for (let index = 0, at = 0; index < count; index++) {
      at += (texts[index] as string).length;
      offsets[index + 1] = at;
    }
    const text = texts.join('');
    const data = Buffer.from(text, 'utf8');
    return data.length === text.length ? { data, offsets } : undefined;
  }

  /** One-byte characters are decoded many elements at a time: a call into Node costs more than a short string. */
  decodeList(bytes: Buffer, bounds: ArrayLike<number>): string[] {
    const values: string[] = new Array(bounds.length - 1);
    for (let first = 0; first < values.length; ) {
      const start = bounds[first] as number;
      let next = first + 1;
      while (next < values.length && (bounds[next + 1] as number) - start <= PIECE) next++;
      const end = bounds[next] as number;
      const piece = bytes.subarray(start, end);
      if (this.#encoding === 'latin1' || (!this.#encoding.startsWith('utf16') && isAscii(piece))) {
        const text = piece.toString('latin1');
        for (; first < next; first++) {
          values[first] = text.slice((bounds[first] as number) - start, (bounds[first + 1] as number) - start);
        }
      } else {
        for (; first < next; first++) values[first] = this.#decodeAt(bytes, bounds, first);
      }
    }
    return values;
  }

  #decodeAt(bytes: Buffer, bounds: ArrayLike<number>, index: number): string {
    try {
      return this.decode(bytes, bounds[index] as number, bounds[index + 1] as number);
    } catch (error) {
      throw Malformed.within(error, index);
    }
  }

  decode(bytes: Buffer, start: number, end: number): string {
    const text = decode(bytes.subarray(start, end), this.#encoding);
    if (this.size === 0) return text;
    let length = text.length;
    while (length > 0 && text.charCodeAt(length - 1) === 0) length--;
    return length === text.length ? text : text.slice(0, length);
  }
}

/** For more elements than this no memory is set aside because of an array's length alone. */
const MANY = 2 ** 24;

/** Node's longest string; the texts joined must not be longer. */
const LONGEST_TEXT = constants.MAX_STRING_LENGTH;

/** Strings are cut from texts of about this many bytes; one that is kept keeps no more than that alive. */
const PIECE = 16 * 1024;

function encode(text: string, encoding: TextEncoding): Buffer {
  if (encoding === 'ascii' || encoding === 'latin1') {
    const beyond = encoding === 'ascii' ? BEYOND_ASCII : BEYOND_LATIN1;
    const wrong = beyond.exec(text);
    if (wrong) throw new Refusal(`${encoding} has no ${describe(wrong[0])} (character ${wrong.index})`);
    return Buffer.from(text, 'latin1');
  }
  if (!text.isWellFormed())
    throw new Refusal(`${describe(text)} holds half of a surrogate pair, which is no character`);
  if (encoding === 'utf8') return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf16be' ? bytes.swap16() : bytes;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what lies from the first control character on.
const BEYOND_ASCII = /[^\x00-\x7f]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise for Latin-1.
const BEYOND_LATIN1 = /[^\x00-\xff]/u;

function decode(bytes: Buffer, encoding: TextEncoding): string {
  switch (encoding) {
    case 'utf8':
      if (!isUtf8(bytes)) throw new Malformed('the bytes are no UTF-8');
      return textOf(bytes, 'utf8');
    case 'ascii':
      if (!isAscii(bytes)) throw new Malformed('the bytes are no ASCII');
      return textOf(bytes, 'latin1');
    case 'latin1':
      return textOf(bytes, 'latin1');
    default: {
      // An odd byte at the end is no character; the Python package drops it too.
      const whole = bytes.subarray(0, bytes.length & ~1);
      const text = textOf(encoding === 'utf16be' ? Buffer.from(whole).swap16() : whole, 'utf16le');
      if (!text.isWellFormed()) throw new Malformed('the bytes are no UTF-16: half of a surrogate pair stands alone');
      return text;
    }
  }
}
