import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { TypedJson } from '../api/types.ts';

const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
};

type ArrayClass = { from(values: unknown[]): unknown; new (length: number): ArrayLike<number | bigint> };

const ARRAYS: Readonly<Record<string, ArrayClass>> = Object.fromEntries(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((array) => [array.name, array as unknown as ArrayClass]),
);

/** The arrays of the element types of tensors. */
const ARRAY_OF_DTYPE: Readonly<Record<string, string>> = {
  f32: 'Float32Array',
  f64: 'Float64Array',
  i8: 'Int8Array',
  i16: 'Int16Array',
  i32: 'Int32Array',
  i64: 'BigInt64Array',
  u8: 'Uint8Array',
  u16: 'Uint16Array',
  u32: 'Uint32Array',
  u64: 'BigUint64Array',
};

/** Reads typed JSON. What is wrong is named by its place. */
export function readTypedJson(text: TypedJson): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, refuseLostDigits);
  } catch (cause) {
    if (cause instanceof InvalidArgument) throw cause;
    throw new InvalidArgument(`the text is not JSON: ${(cause as Error).message}`, { cause });
  }
  return read(parsed, 'the value');
}

/** Refuses an integer that no double is: it would be stored as another one. Older runtimes do not show the digits. */
function refuseLostDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  if (/^-?\d+$/.test(source) && source !== String(value) && BigInt(source) !== BigInt(value)) {
    throw new InvalidArgument(
      `${source.slice(0, 40)} has more digits than a number keeps; write {"$bigint":"${source.slice(0, 40)}"}`,
    );
  }
  return value;
}

function read(value: unknown, where: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one, index) => read(one, `${where}[${index}]`));
  const names = Object.keys(value);
  const [only] = names;
  if (names.length === 1 && only?.startsWith('$'))
    return special(only, (value as Record<string, unknown>)[only], where);
  return plainObject(value, where);
}

function plainObject(value: object, where: string): object {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, read(one, `${where}.${name}`)]));
}

function special(name: string, value: unknown, where: string): unknown {
  const wrong = (expected: string) =>
    new InvalidArgument(`${where}: ${name} is ${describe(value)}; expected ${expected}`);
  switch (name) {
    case '$bigint':
      if (typeof value !== 'string' || !/^-?\d+$/.test(value)) throw wrong('the digits of a whole number as text');
      return BigInt(value);
    case '$number':
      if (typeof value !== 'string' || !Object.hasOwn(NUMBERS, value)) throw wrong('NaN, Infinity, -Infinity or -0');
      return NUMBERS[value];
    case '$undefined':
      if (value !== true) throw wrong('true');
      return undefined;
    case '$date': {
      if (value === null) return new Date(Number.NaN);
      const date = new Date(typeof value === 'string' || typeof value === 'number' ? value : Number.NaN);
      if (Number.isNaN(date.getTime())) throw wrong('a time such as 2026-01-31T12:00:00.000Z, or null');
      return date;
    }
    case '$regexp':
      return regexp(value, wrong);
    case '$bytes':
      if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value) {
        throw wrong('base64');
      }
      return Buffer.from(value, 'base64');
    case '$map':
      if (!Array.isArray(value) || !value.every((pair) => Array.isArray(pair) && pair.length === 2)) {
        throw wrong('an array of [key, value] pairs');
      }
      return new Map(
        value.map(([key, one], nth) => [read(key, `${where} key ${nth}`), read(one, `${where} value ${nth}`)]),
      );
    case '$set':
      if (!Array.isArray(value)) throw wrong('an array');
      return new Set(value.map((one, nth) => read(one, `${where} element ${nth}`)));
    case '$typed': {
      const [array, numbers] = Array.isArray(value) ? value : [];
      if (typeof array !== 'string' || !Object.hasOwn(ARRAYS, array)) {
        throw wrong(`the name of a typed array and its elements; there are ${Object.keys(ARRAYS).join(', ')}`);
      }
      return elements(array, numbers, where);
    }
    case '$tensor':
      return tensor(value, where, wrong);
    case '$object':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object');
      return plainObject(value, where);
    default:
      throw new InvalidArgument(
        `${where}: ${describe(name)} is no type; an object whose only name begins with a dollar sign is written ` +
          `{"$object":{${JSON.stringify(name)}:…}}`,
      );
  }
}

function regexp(value: unknown, wrong: (expected: string) => Error): RegExp {
  const [source, flags] = Array.isArray(value) ? value : [];
  try {
    if (typeof source === 'string' && typeof flags === 'string') return new RegExp(source, flags);
  } catch {
    // Not an expression.
  }
  throw wrong('the source and the flags of a regular expression');
}

function elements(name: string, numbers: unknown, where: string): unknown {
  if (!Array.isArray(numbers))
    throw new InvalidArgument(`${where}: the elements are ${describe(numbers)}; expected an array`);
  const array = ARRAYS[name] as ArrayClass;
  const isWide = name.startsWith('Big');
  const values = numbers.map((one, nth) => {
    const number = typeof one === 'string' && Object.hasOwn(NUMBERS, one) ? NUMBERS[one] : one;
    if (isWide && typeof one === 'string' && /^-?\d+$/.test(one)) return BigInt(one);
    if (!isWide && typeof number === 'number') return number;
    throw new InvalidArgument(
      `${where}: element ${nth} is ${describe(one)}; expected ${isWide ? 'the digits of a whole number as text' : 'a number'}`,
    );
  });
  const made = array.from(values) as ArrayLike<number | bigint>;
  const wrong = values.findIndex((one, nth) => !name.startsWith('Float') && made[nth] !== one);
  if (wrong >= 0)
    throw new InvalidArgument(`${where}: element ${wrong} is ${values[wrong]}, which a ${name} cannot have`);
  return made;
}

function tensor(value: unknown, where: string, wrong: (expected: string) => Error): unknown {
  const { dtype, shape, data } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAY_OF_DTYPE, dtype)) {
    throw wrong(`a dtype of ${Object.keys(ARRAY_OF_DTYPE).join(', ')}, a shape and data`);
  }
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape) throw wrong('a shape of whole numbers');
  const made = elements(ARRAY_OF_DTYPE[dtype] as string, data, where) as ArrayLike<number>;
  const count = (shape as number[]).reduce((product, size) => product * size, 1);
  if (made.length !== count) {
    throw new InvalidArgument(`${where}: the tensor has ${made.length} elements; its shape has ${count}`);
  }
  return { data: made, shape, dtype };
}
