import { describe } from '@kohakuvault/core-native/internal';
import { arrayLength } from '../../elements/memory.ts';
import { EncodeError } from '../../errors/encode-error.ts';
import { DEEPEST } from '../byte-writer.ts';
import { isWrittenAsInteger, MOST_DIGITS, SeenIntegers } from '../integers.ts';
import { isPlainObject } from '../plain-object.ts';
import { refuseSymbolKeys } from '../symbol-keys.ts';

/**
 * Encodes JSON as Python's json module writes it: a space after comma and colon, everything but ASCII escaped, NaN and
 * infinities as words, integers of any size. Unlike JSON.stringify, it throws for values that JSON does not have.
 */
export function encodeJson(value: unknown, integers = new SeenIntegers()): Buffer {
  return Buffer.from(valueText(value, 0, integers), 'latin1');
}

function valueText(value: unknown, depth: number, integers: SeenIntegers): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      integers.addNumber(value);
      return numberText(value);
    case 'bigint':
      integers.bigints = true;
      return bigintText(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (depth === DEEPEST) throw new EncodeError(`the value is nested more than ${DEEPEST} deep, or contains itself`);
      if (Array.isArray(value)) return arrayText(value, depth + 1, integers);
      if (isPlainObject(value)) return objectText(value, depth + 1, integers);
  }
  throw new EncodeError(
    `${describe(value)} cannot be written as JSON; give null, booleans, numbers, strings, arrays or plain objects`,
  );
}

function arrayText(array: readonly unknown[], depth: number, integers: SeenIntegers): string {
  const length = arrayLength(array);
  const texts: string[] = [];
  for (let index = 0; index < length; index++) texts.push(memberText(index, array[index], depth, integers));
  return concatenated(() => `[${texts.join(', ')}]`);
}

function objectText(object: Record<string, unknown>, depth: number, integers: SeenIntegers): string {
  refuseSymbolKeys(object);
  const texts = Object.keys(object).map((key) => {
    const [name, text] = [quoted(key), memberText(key, object[key], depth, integers)];
    return concatenated(() => `${name}: ${text}`);
  });
  return concatenated(() => `{${texts.join(', ')}}`);
}

function memberText(step: string | number, value: unknown, depth: number, integers: SeenIntegers): string {
  try {
    return valueText(value, depth, integers);
  } catch (error) {
    throw EncodeError.within(error, step);
  }
}

/** Builds a text out of texts, without running code of the caller. */
function concatenated(build: () => string): string {
  try {
    return build();
  } catch (cause) {
    throw new EncodeError('its JSON is longer than the longest string of this runtime; use another encoding', {
      cause,
    });
  }
}

function bigintText(value: bigint): string {
  // Making the hexadecimal digits of a huge bigint is fast; making its decimal digits takes minutes.
  const about = value.toString(16).length * Math.log10(16);
  const text = about > MOST_DIGITS + 2 ? undefined : String(value);
  if (text === undefined || text.length > MOST_DIGITS) {
    throw new EncodeError(
      `a bigint of ${text?.length ?? `about ${Math.ceil(about)}`} digits is too long for JSON; ` +
        `at most ${MOST_DIGITS} digits are written`,
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
  return concatenated(() =>
    JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) =>
      unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
