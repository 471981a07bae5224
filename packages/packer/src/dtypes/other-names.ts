/** What a dtype is called elsewhere: in other languages, NumPy, Arrow, SQL and JavaScript. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [8, 16, 32, 64].flatMap((bits) => [
      [`int${bits}`, `i${bits}`],
      [`uint${bits}`, `u${bits}`],
    ]),
  ),
  float16: 'f16',
  half: 'f16',
  float32: 'f32',
  float64: 'f64',
  byte: 'u8',
  bool_: 'bool',
  boolean: 'bool',
  bit: 'bool',
  short: 'i16',
  int: 'i64',
  integer: 'i64',
  long: 'i64',
  bigint: 'i64',
  float: 'f64',
  double: 'f64',
  real: 'f64',
  number: 'f64',
  text: 'str:utf8',
  utf8: 'str:utf8',
  'utf-8': 'str:utf8',
  varchar: 'str:utf8',
  latin1: 'str:latin1',
  ascii: 'str:ascii',
  blob: 'bytes',
  binary: 'bytes',
  buffer: 'bytes',
  json: 'msgpack',
  object: 'msgpack',
  document: 'msgpack',
  any: 'msgpack',
  array: 'vec:f32',
  tensor: 'vec:f32',
  embedding: 'vec:f32',
};

/** Returns the dtype that another name means: `i32` for `int32`, `Int32Array` and `I32`. */
export function dtypeNamed(name: string, known: readonly string[]): string | undefined {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/(?<=\d)array$/, '')
    .replace(/^big(?=u?int64)/, '');
  if (known.includes(plain)) return plain;
  return Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined;
}
