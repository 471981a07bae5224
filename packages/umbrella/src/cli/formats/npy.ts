import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ElementType, TypedArray } from '@kohakuvault/packer';
import { parseNpyHeader } from './npy-header.ts';
import { RandomAccess } from './random-access.ts';
import { elementSize, typedArray } from './typed-arrays.ts';

/** The descriptions of the element types in NumPy. */
const DESCRIPTIONS: Readonly<Record<ElementType, string>> = {
  f32: '<f4',
  f64: '<f8',
  i8: '|i1',
  i16: '<i2',
  i32: '<i4',
  i64: '<i8',
  u8: '|u1',
  u16: '<u2',
  u32: '<u4',
  u64: '<u8',
  bool: '|b1',
  f16: '<f2',
};

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** The alignment of the elements, because NumPy maps files into memory. */
const ALIGNMENT = 64;

/** Returns the header of a `.npy` file, which precedes the elements. */
export function npyHeader(type: ElementType, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCRIPTIONS[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = MAGIC.length + 4 + text.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const header = `${text}${' '.repeat(padding)}\n`;
  const version = Buffer.from([1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([MAGIC, version, Buffer.from(header, 'latin1')]);
}

/** The longest header that is read; NumPy writes much shorter ones. */
const LONGEST_HEADER = 1024 * 1024;

/** Reads a `.npy` file in pieces. */
export class NpyReader implements Disposable {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly #file: RandomAccess;
  readonly #start: number;
  readonly #isBigEndian: boolean;

  constructor(path: string) {
    this.#file = new RandomAccess(path);
    try {
      const { header, start } = this.#header();
      const { description, shape } = parseNpyHeader(header, path);
      const type = typeOf(description);
      if (!type) {
        throw new InvalidArgument(
          `${path} holds elements of NumPy's type ${description}; expected truth values, integers or floats`,
        );
      }
      this.type = type;
      this.shape = shape;
      this.#start = start;
      this.#isBigEndian = description.startsWith('>');
      const needed = start + shape.reduce((product, one) => product * one, 1) * this.elementSize;
      if (this.#file.size < needed) throw this.#file.cutOff(`its shape needs ${needed} bytes`);
    } catch (error) {
      this.#file[Symbol.dispose]();
      throw error;
    }
  }

  get elementSize(): number {
    return elementSize(this.type);
  }

  /** Returns a range of elements, counted as if the array had one dimension. */
  read(start: number, count: number): TypedArray {
    const bytes = this.#file.read(this.#start + start * this.elementSize, count * this.elementSize);
    if (this.#isBigEndian && this.elementSize > 1) swap(bytes, this.elementSize);
    return typedArray(this.type, bytes);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  /** Returns the text of the header, and the offset of the elements. */
  #header(): { header: string; start: number } {
    const { path } = this.#file;
    if (this.#file.size < 10 || !this.#file.read(0, 6).equals(MAGIC)) {
      throw new InvalidArgument(`${path} is not a .npy file`);
    }
    const version = this.#file.read(6, 2).readUInt8(0);
    if (version < 1 || version > 3) {
      throw new InvalidArgument(`${path} is a .npy file of version ${version}; versions 1 to 3 are read`);
    }
    const at = version > 1 ? 12 : 10;
    const length = version > 1 ? this.#file.read(8, 4).readUInt32LE() : this.#file.read(8, 2).readUInt16LE();
    if (at + length > this.#file.size || length > LONGEST_HEADER) {
      throw this.#file.cutOff(`its header has ${length} bytes, and the file ${this.#file.size}`);
    }
    return { header: this.#file.read(at, length).toString('latin1'), start: at + length };
  }
}

/** Returns the element type of a description in NumPy, of either byte order. */
function typeOf(description: string): ElementType | undefined {
  if (!/^[<>|=]/.test(description)) return undefined;
  const found = Object.entries(DESCRIPTIONS).find(([, known]) => known.slice(1) === description.slice(1));
  return found?.[0] as ElementType | undefined;
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
}
