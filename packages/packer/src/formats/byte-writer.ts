import { pooled, unfilled } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';

/** The most scratch memory to keep for the next value. */
const KEEP = 1024 * 1024;
/** The longest string that is written faster here than by a call into Node. */
const SHORT = 40;
/** The most levels of a value; deeper values may be cyclic. The Python package reads up to 1,024 levels. */
export const DEEPEST = 1_000;

/** What is left of a piece when it is given up: less room would often not do for a value. */
const LEAST_ROOM = 256;

type Utf8Write = (this: Buffer, text: string, at: number, most?: number) => number;
/** Node's own way to write UTF-8. `write` does the same after it has looked at its arguments. */
export const utf8Write = ((Buffer.prototype as { utf8Write?: unknown }).utf8Write ??
  Buffer.prototype.write) as Utf8Write;

/**
 * Appends bytes. Values are written to a piece of Node's pool for small Buffers, one behind the other, so that a result
 * is a view and needs no copy. A value for which the piece has no room moves to memory that grows, and that is used
 * again for the next such value.
 *
 * Callers have views of the piece. Code of theirs that runs in the middle of a value may take the memory away, unless
 * Node keeps it from being transferred, as it does with its pool.
 */
export class ByteWriter {
  #piece: Buffer = Buffer.alloc(0);
  #pieceView: DataView = viewOf(this.#piece);
  /** Where the piece is free. */
  #free = 0;
  #larger: Buffer | undefined;
  protected bytes: Buffer = this.#piece;
  protected view: DataView = this.#pieceView;
  /** Where the value begins in `bytes`. */
  protected start = 0;
  protected position = 0;

  protected begin(): void {
    if (this.#larger !== undefined && this.#larger.length > KEEP) this.#larger = undefined;
    if (this.#free + LEAST_ROOM > this.#piece.length) {
      this.#piece = pooled(pieceSize());
      this.#pieceView = viewOf(this.#piece);
      this.#free = 0;
    }
    this.bytes = this.#piece;
    this.view = this.#pieceView;
    this.start = this.#free;
    this.position = this.#free;
  }

  /** Returns what was written. */
  protected finish(): Buffer {
    const { bytes, start, position } = this;
    if (bytes === this.#piece) {
      if (bytes.length === 0) throw takenAway();
      // Views of numbers need an aligned beginning; Node's pool has one for each Buffer.
      this.#free = (position + 7) & ~7;
      return bytes.subarray(start, position);
    }
    const length = position - start;
    // Values of this size fit a piece of their own.
    if (length < this.#piece.length >> 2) this.#free = this.#piece.length;
    const own = length < KEEP ? pooled(length) : unfilled(length);
    bytes.copy(own, 0, start, position);
    return own;
  }

  /** Makes room for `count` more bytes. What is written keeps its positions. */
  protected reserve(count: number): void {
    const needed = this.position + count;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const { bytes, start, position } = this;
    if (bytes.length === 0) throw takenAway();
    let larger = bytes === this.#piece ? this.#larger : undefined;
    if (larger === undefined || larger.length < needed) larger = unfilled(Math.max(needed, bytes.length * 2));
    bytes.copy(larger, start, start, position);
    this.#larger = larger;
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Explains an error of a write to memory that was taken away; returns other errors as they are. */
  protected lost(error: unknown): unknown {
    return this.bytes.length === 0 && !(error instanceof EncodeError) ? takenAway() : error;
  }

  /** Writes a text as UTF-8 at `at` and returns its size. There must be room for three bytes per character. */
  protected utf8At(text: string, at: number): number {
    if (text.length > SHORT) {
      const count = utf8Write.call(this.bytes, text, at);
      // Only ASCII has as many bytes as characters. Half of a surrogate pair was written as U+FFFD.
      if (count !== text.length && !text.isWellFormed()) throw loneSurrogate(text);
      return count;
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
}

/** The size of a piece: small enough for Node's pool, whose size depends on the version and on the program. */
function pieceSize(): number {
  return Math.min(8_184, Math.max(1_024, (Buffer.poolSize >>> 1) - 8));
}

function takenAway(): EncodeError {
  return new EncodeError('code in the value, such as a getter, took away the memory that the value was written to');
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function loneSurrogate(text: string): EncodeError {
  return new EncodeError(
    `the string ${JSON.stringify(text.slice(0, 40))} contains half of a surrogate pair, which UTF-8 cannot encode`,
  );
}
