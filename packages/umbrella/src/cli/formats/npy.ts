import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CorruptData, InvalidArgument } from '@kohakuvault/core-native';
import type { ElementType, TypedArray } from '@kohakuvault/packer';
import { elementSize, typedArray } from './typed-arrays.ts';

/** The element types as NumPy writes them. */
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
};

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** NumPy maps files into memory, so elements begin at a multiple of this. */
const ALIGNMENT = 64;

/** What stands before the elements of a `.npy` file. */
export function npyHeader(type: ElementType, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCRIPTIONS[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = MAGIC.length + 4 + text.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const header = `${text}${' '.repeat(padding)}\n`;
  const version = Buffer.from([1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([MAGIC, version, Buffer.from(header, 'latin1')]);
}

/** A `.npy` file, read a piece at a time. */
export class NpyReader implements Disposable {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly #path: string;
  readonly #file: number;
  readonly #start: number;
  readonly #isBigEndian: boolean;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    try {
      const fixed = this.#bytes(0, 12);
      if (!fixed.subarray(0, 6).equals(MAGIC)) throw new InvalidArgument(`${path} is no .npy file`);
      const long = (fixed[6] as number) > 1;
      const length = long ? fixed.readUInt32LE(8) : fixed.readUInt16LE(8);
      const at = long ? 12 : 10;
      const header = this.#bytes(at, length).toString('latin1');
      const { description, shape } = parseHeader(header, path);
      const type = Object.entries(DESCRIPTIONS).find(([, known]) => known.slice(1) === description.slice(1));
      if (!type) {
        throw new InvalidArgument(
          `${path} holds elements of NumPy's type ${description}; expected whole numbers or floats of 32 or 64 bits`,
        );
      }
      this.type = type[0] as ElementType;
      this.shape = shape;
      this.#start = at + length;
      this.#isBigEndian = description.startsWith('>');
      const needed = this.#start + shape.reduce((product, one) => product * one, 1) * this.elementSize;
      if (fstatSync(this.#file).size < needed)
        throw new CorruptData(`${path} is cut off: its shape needs ${needed} bytes`);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get elementSize(): number {
    return elementSize(this.type);
  }

  /** So many elements, counted without regard to the shape. */
  read(start: number, count: number): TypedArray {
    const bytes = this.#bytes(this.#start + start * this.elementSize, count * this.elementSize);
    if (this.#isBigEndian && this.elementSize > 1) swap(bytes, this.elementSize);
    return typedArray(this.type, bytes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #bytes(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file, bytes, done, length - done, position + done);
      if (read === 0) throw new CorruptData(`${this.#path} is cut off`);
      done += read;
    }
    return bytes;
  }
}

/** The header is a dict as Python writes it. */
function parseHeader(header: string, path: string): { description: string; shape: number[] } {
  const description = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const tuple = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (description === undefined || order === undefined || tuple === undefined) {
    throw new InvalidArgument(`${path} holds no plain array: its header is ${header.trim()}`);
  }
  const shape = tuple.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  if (order === 'True' && shape.length > 1) {
    throw new InvalidArgument(`${path} is in Fortran order; save it again after numpy.ascontiguousarray`);
  }
  return { description, shape };
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
}
