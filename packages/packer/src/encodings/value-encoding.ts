import { describe, InvalidArgument, type OptionRule } from '@kohakuvault/core-native/internal';

/** An encoding of the user: how values become bytes, and bytes values. The file keeps the name. */
// biome-ignore lint/suspicious/noExplicitAny: only a codec of any values accepts every codec.
export interface CustomEncoding<V = any> {
  /** Distinguishes the encoding from others. Give it another name when its bytes change. */
  readonly name: string;
  /** Returns the bytes of a value. */
  encode(value: V): ArrayBuffer | ArrayBufferView;
  /** Returns the value of bytes, which are a copy of the stored ones. */
  decode(bytes: Buffer): V;
}

const NAMES = ['auto', 'msgpack', 'cbor', 'json', 'utf8', 'binary'] as const;

export type EncodingName = (typeof NAMES)[number];

/** How the values of a vault are encoded. */
export type ValueEncoding = EncodingName | CustomEncoding;

/** The values that a vault takes: those of its encoding, or `V` if the encoding stores values of many types. */
export type EncodedInput<V, E> = [E] extends ['utf8']
  ? string
  : [E] extends ['binary']
    ? ArrayBuffer | ArrayBufferView
    : CustomValue<V, E>;

/** The values that a vault returns. */
export type EncodedOutput<V, E> = [E] extends ['utf8'] ? string : [E] extends ['binary'] ? Buffer : CustomValue<V, E>;

type CustomValue<V, E> = [E] extends [CustomEncoding<infer T>] ? T : V;

const LONGEST_NAME = 100;

/** The rule for the option `valueEncoding`. */
export const valueEncodingRule: OptionRule = {
  expected: `${NAMES.map((name) => `'${name}'`).join(', ')} or { name, encode, decode }`,
  accepts: (value) => NAMES.includes(value as EncodingName) || isCustom(value),
};

/** Returns the name of an encoding. Refuses a codec that has the name of another encoding. */
export function nameOfEncoding(owner: string, encoding: ValueEncoding): string {
  if (typeof encoding === 'string') return encoding;
  const { name } = encoding;
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME && name.isWellFormed()) {
    if (!NAMES.includes(name as EncodingName)) return name;
    throw new InvalidArgument(`${owner}: the codec has the name of the encoding ${describe(name)}; give it another`);
  }
  throw new InvalidArgument(
    `${owner}: the name of the codec is ${describe(name)}; expected a text of 1 to ${LONGEST_NAME} characters`,
  );
}

function isCustom(value: unknown): value is CustomEncoding {
  if (typeof value !== 'object' || value === null) return false;
  const { encode, decode } = value as Partial<CustomEncoding>;
  return typeof encode === 'function' && typeof decode === 'function' && 'name' in value;
}
