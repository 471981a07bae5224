import { describe } from '@kohakuvault/core-native/internal';
import { arrayLength } from '../../elements/memory.ts';
import { Refusal } from '../../errors/codec-errors.ts';
import { DEEPEST } from '../byte-writer.ts';
import { IntegersMet, isWrittenAsInteger, MOST_DIGITS } from '../integers.ts';

/**
 * JSON as Python's json module writes it: a space after comma and colon, everything but ASCII escaped, NaN and infinities
 * as words, integers of any size. Unlike JSON.stringify it leaves nothing out silently.
 */
export function encodeJson(value: unknown, integers = new IntegersMet()): Buffer {
  return Buffer.from(textOf(value, 0, integers), 'latin1');
}

function textOf(value: unknown, depth: number, integers: IntegersMet): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      integers.number(value);
      return numberText(value);
    case 'bigint':
      integers.bigints = true;
      return bigintText(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (depth === DEEPEST) throw new Refusal(`the value is nested more than ${DEEPEST} deep, or contains itself`);
      if (Array.isArray(value)) return arrayText(value, depth + 1, integers);
      if (isPlain(value)) return objectText(value as Record<string, unknown>, depth + 1, integers);
  }
  throw new Refusal(
    `${describe(value)} has no form in JSON: give null, booleans, numbers, strings, arrays, plain objects`,
  );
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function arrayText(array: readonly unknown[], depth: number, integers: IntegersMet): string {
  const length = arrayLength(array);
  const texts: string[] = [];
  for (let index = 0; index < length; index++) texts.push(textAt(index, array[index], depth, integers));
  return whole(() => `[${texts.join(', ')}]`);
}

function objectText(object: Record<string, unknown>, depth: number, integers: IntegersMet): string {
  const texts = Object.keys(object).map((key) => {
    const [name, text] = [quoted(key), textAt(key, object[key], depth, integers)];
    return whole(() => `${name}: ${text}`);
  });
  return whole(() => `{${texts.join(', ')}}`);
}

function textAt(step: string | number, value: unknown, depth: number, integers: IntegersMet): string {
  try {
    return textOf(value, depth, integers);
  } catch (error) {
    throw Refusal.within(error, step);
  }
}

/** Builds a text of texts, of which none runs code of the caller's. */
function whole(build: () => string): string {
  try {
    return build();
  } catch (cause) {
    throw new Refusal('its JSON is longer than the longest string of this runtime: store it another way', { cause });
  }
}

function bigintText(value: bigint): string {
  // Hexadecimal digits take no time, decimal ones of a huge bigint minutes.
  const about = value.toString(16).length * Math.log10(16);
  const text = about > MOST_DIGITS + 2 ? undefined : String(value);
  if (text === undefined || text.length > MOST_DIGITS) {
    throw new Refusal(
      `a bigint of ${text?.length ?? `about ${Math.ceil(about)}`} digits is too long for JSON: up to ${MOST_DIGITS} are written`,
    );
  }
  return text;
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  if (isWrittenAsInteger(value)) return Number.isSafeInteger(value) ? String(value) : String(BigInt(value));
  const text = String(value);
  // Without a point or an exponent Python would read an integer.
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function quoted(text: string): string {
  return whole(() =>
    JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) =>
      unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
