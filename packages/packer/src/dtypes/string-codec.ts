import { describe } from '@kohakuvault/core-native/internal';
import { pooled } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { utf8Write } from '../formats/byte-writer.ts';
import { textOf } from '../formats/text-reader.ts';
import type { Codec } from './codec.ts';
import type { TextEncoding } from './dtype-types.ts';

const { isAscii, isUtf8 } = process.getBuiltinModule('node:buffer');

/** Text in one encoding. With a size in bytes, it is padded with zeros, which reading removes. */
export class StringCodec implements Codec {
  readonly size: number;
  readonly #encoding: TextEncoding;
  readonly #empty: boolean;

  /** `empty` is true for `str:0`, which holds only the empty string. */
  constructor(size: number, encoding: TextEncoding, empty: boolean) {
    this.size = size;
    this.#encoding = encoding;
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    if (typeof value !== 'string') throw new EncodeError(`${describe(value)} is not a string`);
    const bytes = encode(value, this.#encoding);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      const shown = describe(value);
      throw new EncodeError(
        `${shown} takes ${bytes.length} bytes in ${this.#encoding}; the dtype holds at most ${this.size}`,
      );
    }
    return bytes;
  }

  /** Writes all texts one behind the other. Their sizes are known when they are written. */
  encodeList(values: ArrayLike<unknown>, count: number): { data: Buffer; offsets: Float64Array } | undefined {
    if (this.size > 0 || this.#empty || this.#encoding.startsWith('utf16')) return undefined;
    // A copy: a getter may return another text the next time.
    const texts: string[] = count > MANY ? [] : new Array(count);
    let length = 0;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'string') return undefined;
      length += value.length;
      texts[index] = value;
    }
    // Only UTF-8 goes on after the first text that is not ASCII; the others refuse it or write it in another way.
    return writeTexts(texts, length, this.#encoding === 'utf8');
  }

  /** Decodes many elements of one-byte characters at a time: a call into Node costs more than a short string. */
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
      throw DecodeError.within(error, index);
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

/** For more elements than this, no memory is allocated by an array's length alone. */
const MANY = 2 ** 24;

/** The longest text that is written faster here than by a call into Node. */
const SHORT = 24;

/** The most memory to allocate for texts that may take three bytes for each character. */
const MOST_ROOM = 2 ** 30;

/** Writes texts as UTF-8; returns undefined for a text that is not well-formed, or not ASCII if `wide` is off. */
function writeTexts(
  texts: readonly string[],
  length: number,
  wide: boolean,
): { data: Buffer; offsets: Float64Array } | undefined {
  const offsets = new Float64Array(texts.length + 1);
  // A text that does not fit leaves at most 3 bytes unused. So it is never written in as many bytes as it has characters.
  let data = pooled(length + 4);
  let at = 0;
  let charactersLeft = length;
  let allAscii = true;
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string;
    const written = shortAscii(text, data, at) || utf8Write.call(data, text, at, data.length - at);
    if (written !== text.length) {
      // Not ASCII, or no room was left behind such a text.
      if (!wide || !text.isWellFormed()) return undefined;
      if (allAscii) {
        // From here on there is room for the most bytes that the characters can take.
        allAscii = false;
        const most = at + charactersLeft * 3;
        if (most > MOST_ROOM) return undefined;
        const larger = pooled(most);
        data.copy(larger, 0, 0, at);
        data = larger;
        at += utf8Write.call(data, text, at, data.length - at);
      } else {
        at += written;
      }
    } else {
      at += written;
    }
    charactersLeft -= text.length;
    offsets[index + 1] = at;
  }
  if (allAscii) return { data: data.subarray(0, at), offsets };
  const own = pooled(at);
  data.copy(own, 0, 0, at);
  return { data: own, offsets };
}

/** Writes a short text of ASCII and returns its length; returns 0 for any other. There must be room. */
function shortAscii(text: string, data: Buffer, at: number): number {
  const { length } = text;
  if (length > SHORT) return 0;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return 0;
    data[at + index] = unit;
  }
  return length;
}

/** Strings are cut from texts of about this many bytes. A kept string keeps at most that much alive. */
const PIECE = 16 * 1024;

function encode(text: string, encoding: TextEncoding): Buffer {
  if (encoding === 'ascii' || encoding === 'latin1') {
    const beyond = encoding === 'ascii' ? BEYOND_ASCII : BEYOND_LATIN1;
    const wrong = beyond.exec(text);
    if (wrong) throw new EncodeError(`${encoding} cannot encode ${describe(wrong[0])} (character ${wrong.index})`);
    return Buffer.from(text, 'latin1');
  }
  if (!text.isWellFormed())
    throw new EncodeError(`${describe(text)} contains half of a surrogate pair, which ${encoding} cannot encode`);
  if (encoding === 'utf8') return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf16be' ? bytes.swap16() : bytes;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with the control characters.
const BEYOND_ASCII = /[^\x00-\x7f]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: so does Latin-1.
const BEYOND_LATIN1 = /[^\x00-\xff]/u;

function decode(bytes: Buffer, encoding: TextEncoding): string {
  switch (encoding) {
    case 'utf8':
      if (!isUtf8(bytes)) throw new DecodeError('the bytes are not UTF-8');
      return textOf(bytes, 'utf8');
    case 'ascii':
      if (!isAscii(bytes)) throw new DecodeError('the bytes are not ASCII');
      return textOf(bytes, 'latin1');
    case 'latin1':
      return textOf(bytes, 'latin1');
    default: {
      // An odd byte at the end is not a character. The Python package drops it too.
      const whole = bytes.subarray(0, bytes.length & ~1);
      const text = textOf(encoding === 'utf16be' ? Buffer.from(whole).swap16() : whole, 'utf16le');
      if (!text.isWellFormed())
        throw new DecodeError('the bytes are not UTF-16: they contain half of a surrogate pair');
      return text;
    }
  }
}
