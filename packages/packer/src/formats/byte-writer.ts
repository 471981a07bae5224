import { unfilled } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';

/** The most scratch memory to keep for the next value. */
const KEEP = 1024 * 1024;
/** The longest string that is written faster here than by a call into Node. */
const SHORT = 40;
/** The most levels of a value; deeper values may be cyclic. The Python package reads up to 1,024 levels. */
export const DEEPEST = 1_000;

/** Appends bytes to memory that grows and is used again for the next value. */
export class ByteWriter {
  protected bytes: Buffer = Buffer.allocUnsafeSlow(8_192);
  protected view: DataView = viewOf(this.bytes);
  protected position = 0;

  protected begin(): void {
    if (this.bytes.length > KEEP) this.#replace(Buffer.allocUnsafeSlow(8_192));
    this.position = 0;
  }

  /** Returns a copy of what was written. */
  protected finish(): Buffer {
    if (this.position < KEEP) return Buffer.from(this.bytes.subarray(0, this.position));
    const own = unfilled(this.position);
    own.set(this.bytes.subarray(0, this.position));
    return own;
  }

  /** Makes room for `count` more bytes. */
  protected reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const larger = unfilled(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.position));
    this.#replace(larger);
  }

  /** Writes a text as UTF-8 at `at` and returns its size. There must be room for three bytes per character. */
  protected utf8At(text: string, at: number): number {
    if (text.length > SHORT) {
      if (!text.isWellFormed()) throw loneSurrogate(text);
      return this.bytes.write(text, at, 'utf8');
    }
    const { bytes } = this;
    let position = at;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < 0x80) {
        bytes[position++] = unit;
      } else if (unit < 0x800) {
        bytes[position++] = 0xc0 | (unit >> 6);
        bytes[position++] = 0x80 | (unit & 0x3f);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        bytes[position++] = 0xe0 | (unit >> 12);
        bytes[position++] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[position++] = 0x80 | (unit & 0x3f);
      } else {
        const low = text.charCodeAt(++index);
        if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) throw loneSurrogate(text);
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        bytes[position++] = 0xf0 | (point >> 18);
        bytes[position++] = 0x80 | ((point >> 12) & 0x3f);
        bytes[position++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[position++] = 0x80 | (point & 0x3f);
      }
    }
    return position - at;
  }

  #replace(bytes: Buffer): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function loneSurrogate(text: string): EncodeError {
  return new EncodeError(
    `the string ${JSON.stringify(text.slice(0, 40))} contains half of a surrogate pair, which UTF-8 cannot encode`,
  );
}
