import { Malformed } from '../../errors/codec-errors.ts';
import { DEEPEST } from '../byte-writer.ts';
import { MOST_DIGITS } from '../integers.ts';
import { textOf } from '../text-reader.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** A number as JSON has it; sticky, so that it matches where the reader stands. */
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

/** Decodes JSON as Python's json module writes it: with NaN and infinities, and integers of any size kept exactly. */
export function decodeJson(payload: Buffer): unknown {
  if (!isUtf8(payload)) throw new Malformed('the JSON is not UTF-8');
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

  /** A value and the space around it. */
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
    if (++this.#depth > DEEPEST) throw new Malformed(`the value is nested more than ${DEEPEST} deep`);
    this.#position++;
    this.#match(SPACE);
    const value = read();
    this.#depth--;
    return value;
  }

  #readArray(): unknown[] {
    const array: unknown[] = [];
    if (this.#take(']')) return array;
    do array.push(this.#readValue());
    while (this.#take(','));
    this.#expect(']');
    return array;
  }

  #readObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#take('}')) return object;
    do {
      this.#match(SPACE);
      const key = this.#readString();
      this.#match(SPACE);
      this.#expect(':');
      const value = this.#readValue();
      if (key !== '__proto__') object[key] = value;
      else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } while (this.#take(','));
    this.#expect('}');
    return object;
  }

  #readString(): string {
    const start = this.#position;
    this.#expect('"');
    let end = this.#text.indexOf('"', this.#position);
    while (end >= 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new Malformed(`the string at character ${start} of the JSON has no end`);
    this.#position = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch (cause) {
      throw new Malformed(`the string at character ${start} of the JSON is damaged`, { cause });
    }
  }

  /** An odd number of backslashes before a quote makes it part of the string. */
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
      throw new Malformed(`an integer of ${text.length} digits: up to ${MOST_DIGITS} are read`);
    return BigInt(text);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match) this.#position = pattern.lastIndex;
    return match;
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected(`"${character}"`);
  }

  #unexpected(expected: string): Malformed {
    const found = this.#text.slice(this.#position, this.#position + 10);
    return new Malformed(
      `at character ${this.#position} of the JSON is ${JSON.stringify(found)} where ${expected} should be`,
    );
  }
}
