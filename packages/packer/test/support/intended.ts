import { ELEMENT_TYPES } from '../../src/elements/element-types.ts';

/** Tagged JSON: a value of Python. */
export type Tagged =
  | { t: 'none' }
  | { t: 'bool'; v: boolean }
  | { t: 'int' | 'str'; v: string }
  | { t: 'float'; bits: string }
  | { t: 'bytes'; hex: string }
  | { t: 'list' | 'tuple' | 'set'; v: Tagged[] }
  | { t: 'dict'; v: [Tagged, Tagged][] }
  | { t: 'ndarray'; dtype: string; shape: number[]; hex: string }
  | { t: 'wrap'; enc: string; v: Tagged };

/** Returns the JavaScript value that corresponds to a value of Python. */
export function intended(tagged: Tagged): unknown {
  switch (tagged.t) {
    case 'none':
      return null;
    case 'bool':
    case 'str':
      return tagged.v;
    case 'int':
      return Number.isSafeInteger(Number(tagged.v)) ? Number(tagged.v) : BigInt(tagged.v);
    case 'float':
      return Buffer.from(tagged.bits, 'hex').readDoubleBE();
    case 'bytes':
      return Buffer.from(tagged.hex, 'hex');
    case 'list':
    case 'tuple':
      return tagged.v.map(intended);
    case 'set':
      return new Set(tagged.v.map(intended));
    case 'dict':
      return dictOf(tagged.v.map(([key, value]) => [intended(key), intended(value)]));
    case 'ndarray':
      return arrayOf(tagged.dtype, tagged.shape, tagged.hex);
    case 'wrap':
      return intended(tagged.v);
  }
}

function dictOf(entries: [unknown, unknown][]): unknown {
  return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : new Map(entries);
}

function arrayOf(dtype: string, shape: number[], hex: string): unknown {
  const name = dtype.replace('float', 'f').replace('uint', 'u').replace('int', 'i');
  const element = ELEMENT_TYPES.find(({ type }) => type === name);
  if (!element) throw new Error(`no element type is called ${dtype}`);
  const data = new element.array(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);
  return shape.length === 1 ? data : { data, shape, dtype: element.type };
}
