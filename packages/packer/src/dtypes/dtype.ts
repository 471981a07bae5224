import { closest, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { ELEMENT_TYPES, type ElementInfo } from '../elements/element-types.ts';
import type { DType, TextEncoding } from './dtype-types.ts';
import { dtypeNamed } from './other-names.ts';

/** The parts of a dtype, with every alias resolved. */
export interface DTypeInfo {
  readonly kind: 'scalar' | 'bytes' | 'str' | 'msgpack' | 'cbor' | 'vec';
  /** The dtype in its canonical spelling: `str:8:utf8` for `string:8:UTF-8`. */
  readonly dtype: DType;
  /** The bytes of one element; 0 if they vary. */
  readonly elemSize: number;
  readonly isVarsize: boolean;
  /** The type of the numbers of a scalar or vector dtype. */
  readonly element?: ElementInfo;
  /** The shape, for vectors of one shape. */
  readonly shape?: readonly number[];
  /** The text encoding of a string dtype. */
  readonly encoding?: TextEncoding;
}

const KINDS: Record<string, DTypeInfo['kind']> = {
  bytes: 'bytes',
  str: 'str',
  string: 'str',
  msgpack: 'msgpack',
  messagepack: 'msgpack',
  cbor: 'cbor',
  vec: 'vec',
  vector: 'vec',
};

const ENCODINGS: Record<string, TextEncoding> = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  utf16le: 'utf16le',
  'utf-16le': 'utf16le',
  utf16be: 'utf16be',
  'utf-16be': 'utf16be',
  ascii: 'ascii',
  latin1: 'latin1',
  'iso-8859-1': 'latin1',
};

/** The long names of element types inside `vec`: those that Python accepts, and `float16`. */
const LONG_ELEMENTS: Record<string, string> = {
  float16: 'f16',
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'u32',
  uint64: 'u64',
  int8: 'i8',
  int16: 'i16',
};

/** A larger vector is refused as a mistake; Node's own limit for one array is twice as large. */
const LARGEST_VECTOR = 2 ** 31;

/** Parses a dtype. An `InvalidArgument` says which part is wrong. */
export function parseDType(text: string): DTypeInfo {
  if (typeof text !== 'string') {
    throw new InvalidArgument(`the dtype is ${describe(text)}; expected a string such as 'i64' or 'vec:f32:384'`);
  }
  const [head = '', ...parts] = text.split(':');
  const wrong = (why: string) => new InvalidArgument(`${shown(text)}: ${why}`);
  const scalar = ELEMENT_TYPES.find(({ type }) => type === head);
  // Python ignores what follows a scalar, and its columns may have such dtypes.
  if (scalar) {
    return { kind: 'scalar', dtype: scalar.type, elemSize: scalar.size, isVarsize: false, element: scalar };
  }
  const kind = named(KINDS, head);
  switch (kind) {
    case 'vec':
      return parseVector(parts, wrong);
    case 'str':
      return parseString(parts, wrong);
    case undefined: {
      const known = [...ELEMENT_TYPES.map(({ type }) => type), ...Object.keys(KINDS)];
      throw wrong(`unknown dtype ${describe(head)}; ${suggestion(head, known, dtypeNamed(head, known))}`);
    }
    default: {
      const size = parts[0] === undefined ? 0 : parseSize(parts[0], 0, wrong);
      return sized(kind, parts[0] === undefined ? kind : `${kind}:${size}`, size);
    }
  }
}

/** Looks up an own property: every object also has a `constructor` and others. */
function named<T>(table: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

type Wrong = (why: string) => InvalidArgument;

function sized(kind: DTypeInfo['kind'], dtype: string, size: number): DTypeInfo {
  return { kind, dtype: dtype as DType, elemSize: size, isVarsize: size === 0 };
}

/** `str`, `str:<size>`, `str:<encoding>`, `str:<size>:<encoding>`. */
function parseString(parts: string[], wrong: Wrong): DTypeInfo {
  const [first, second, ...rest] = parts;
  if (rest.length > 0) throw wrong('a string dtype has at most a size and an encoding');
  const isSize = first !== undefined && /^[-+\d]/.test(first);
  const size = isSize ? parseSize(first, 0, wrong) : undefined;
  if (!isSize && second !== undefined)
    throw wrong(`the size comes before the encoding: str:${shown(second)}:${shown(first ?? '')}`);
  const name = isSize ? second : first;
  const encoding = name === undefined ? 'utf8' : named(ENCODINGS, name.toLowerCase());
  if (!encoding) {
    throw wrong(
      `unknown encoding ${describe(name)}; ${suggestion(name ?? '', [...new Set(Object.values(ENCODINGS))])}`,
    );
  }
  const dtype = size === undefined ? `str:${encoding}` : `str:${size}:${encoding}`;
  return { ...sized('str', dtype, size ?? 0), encoding };
}

/** `vec:<element>` for any shape, `vec:<element>:<dim>:...` for one shape. */
function parseVector([name, ...sizes]: string[], wrong: Wrong): DTypeInfo {
  if (name === undefined) throw wrong("a vector dtype names its element type, such as 'vec:f32' or 'vec:f32:384'");
  const short = named(LONG_ELEMENTS, name) ?? name;
  const element = ELEMENT_TYPES.find(({ type }) => type === short);
  if (!element) {
    const known = ELEMENT_TYPES.map(({ type }) => type);
    const meant = known.find((type) => type === dtypeNamed(name, known));
    throw wrong(`unknown element type ${shown(name)}; ${suggestion(name, known, meant)}`);
  }
  if (sizes.length === 0) return { ...sized('vec', `vec:${element.type}`, 0), element };
  const shape = sizes.map((size) => parseSize(size, 1, wrong));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count * element.size > LARGEST_VECTOR)
    throw wrong(`one element takes ${count * element.size} bytes; at most ${LARGEST_VECTOR} are possible`);
  const dtype = `vec:${element.type}:${shape.join(':')}`;
  return { ...sized('vec', dtype, 1 + count * element.size), element, shape };
}

function parseSize(text: string, least: number, wrong: Wrong): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size) || size < least) {
    throw wrong(`${describe(text)} is not a size; expected a whole number >= ${least}`);
  }
  return size;
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `meant` is what the word certainly means, if that is known; otherwise the closest spelling is suggested. */
function suggestion(written: string, known: readonly string[], meant?: string): string {
  const near = meant ?? closest(written, known);
  return near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`;
}
