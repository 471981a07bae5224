import { DecodeError } from '../../errors/decode-error.ts';
import { DEEPEST } from '../byte-writer.ts';
import { define } from '../define.ts';
import { MOST_DIGITS } from '../integers.ts';
import { textOf } from '../text-reader.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** A JSON number. The pattern is sticky: it matches at the position of the reader. */
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = new Map<string, unknown>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Decodes JSON as Python's json module writes it, with NaN, infinities, and exact integers of any size. */
export function decodeJson(payload: Buffer): unknown {
  if (!isUtf8(payload)) throw new DecodeError('the JSON is not UTF-8');
  return new JsonReader(textOf(payload, 'utf8')).readAll();
}

class JsonReader {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): unknown {
    const value = this.#readValue();
    if (this.#position < this.#text.length) throw this.#unexpected('the end');
    return value;
  }

  /** Reads a value and the space around it. */
  #readValue(): unknown {
    this.#match(SPACE);
    const value = this.#readBare();
    this.#match(SPACE);
    return value;
  }

  #readBare(): unknown {
    const first = this.#text[this.#position];
    if (first === '"') return this.#readString();
    if (first === '[') return this.#nested(() => this.#readArray());
    if (first === '{') return this.#nested(() => this.#readObject());
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#position)) {
        this.#position += word.length;
        return value;
      }
    }
    return this.#readNumber();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new DecodeError(`the value is nested more than ${DEEPEST} deep`);
    this.#position++;
    this.#match(SPACE);
    const value = read();
    this.#depth--;
    return value;
  }

  #readArray(): unknown[] {
    const array: unknown[] = [];
    if (this.#accept(']')) return array;
    do array.push(this.#readValue());
    while (this.#accept(','));
    this.#expect(']');
    return array;
  }

  #readObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#accept('}')) return object;
    do {
      this.#match(SPACE);
      const key = this.#readString();
      this.#match(SPACE);
      this.#expect(':');
      const value = this.#readValue();
      if (key === '__proto__') define(object, key, value);
      else object[key] = value;
    } while (this.#accept(','));
    this.#expect('}');
    return object;
  }

  #readString(): string {
    const start = this.#position;
    this.#expect('"');
    let end = this.#text.indexOf('"', this.#position);
    while (end >= 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new DecodeError(`the string at character ${start} of the JSON is not terminated`);
    this.#position = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch (cause) {
      throw new DecodeError(`the string at character ${start} of the JSON is damaged`, { cause });
    }
  }

  /** Whether a quote is part of the string: an odd number of backslashes precedes it. */
  #isEscaped(quote: number): boolean {
    let before = quote - 1;
    while (this.#text[before] === '\\') before--;
    return (quote - before) % 2 === 0;
  }

  #readNumber(): number | bigint {
    const match = this.#match(NUMBER);
    if (!match) throw this.#unexpected('a value');
    const [text, fraction, exponent] = match;
    const number = Number(text);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(number)) return number;
    if (text.length > MOST_DIGITS)
      throw new DecodeError(`an integer has ${text.length} digits; at most ${MOST_DIGITS} are read`);
    return BigInt(text);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match) this.#position = pattern.lastIndex;
    return match;
  }

  #accept(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.#unexpected(`"${character}"`);
  }

  #unexpected(expected: string): DecodeError {
    const found = this.#text.slice(this.#position, this.#position + 10);
    return new DecodeError(
      `expected ${expected} at character ${this.#position} of the JSON, found ${JSON.stringify(found)}`,
    );
  }
}
