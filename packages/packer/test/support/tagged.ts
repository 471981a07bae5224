// The tagged JSON of tools/fixtures: values of Python, as the JavaScript values that correspond to them.
import { ELEMENT_TYPES, type ElementType, type Tensor } from '../../src/elements/element-types.ts';

export type Tagged =
  | { t: 'none' }
  | { t: 'bool'; v: boolean }
  | { t: 'int'; v: string }
  | { t: 'str'; v: string }
  | { t: 'float'; v: string; bits: string }
  | { t: 'bytes'; hex: string }
  | { t: 'list' | 'tuple' | 'set'; v: Tagged[] }
  | { t: 'dict'; v: [Tagged, Tagged][] }
  | { t: 'ndarray'; dtype: string; shape: number[]; hex: string }
  | { t: 'other'; repr: string };

const ELEMENT_OF_NUMPY: Record<string, ElementType> = {
  float32: 'f32',
  float64: 'f64',
  int8: 'i8',
  int16: 'i16',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'u32',
  uint64: 'u64',
};

/** Returns the JavaScript value for a value of Python: safe integers are numbers, arrays of numbers are tensors. */
export function untagged(value: Tagged): unknown {
  switch (value.t) {
    case 'none':
      return null;
    case 'bool':
    case 'str':
      return value.v;
    case 'int':
      return Number.isSafeInteger(Number(value.v)) ? Number(value.v) : BigInt(value.v);
    case 'float':
      return Buffer.from(value.bits, 'hex').readDoubleBE();
    case 'bytes':
      return Buffer.from(value.hex, 'hex');
    case 'list':
    case 'tuple':
    case 'set':
      return value.v.map(untagged);
    case 'dict':
      return Object.fromEntries(value.v.map(([key, inner]) => [String(untagged(key)), untagged(inner)]));
    case 'ndarray':
      return tensor(value);
    default:
      throw new Error(`no such value outside Python: ${JSON.stringify(value)}`);
  }
}

function tensor({ dtype, shape, hex }: { dtype: string; shape: number[]; hex: string }): Tensor {
  const element = ELEMENT_TYPES.find(({ type }) => type === ELEMENT_OF_NUMPY[dtype]);
  if (!element) throw new Error(`numpy's ${dtype} is no element type`);
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return { data: new element.array(bytes.buffer), shape, dtype: element.type };
}
