import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { NpyReader } from '../formats/npy.ts';
import type { ColumnTarget } from './column-target.ts';
import { addElements, checkElementShape, refuseEmptyRows } from './element-shape.ts';

const ELEMENTS_AT_ONCE = 256 * 1024;

/** Reads an array of NumPy. Its first dimension counts the elements. Returns their number. */
export async function importNpy(source: string, target: ColumnTarget): Promise<number> {
  if (source === '-') throw new InvalidArgument('a .npy file cannot be piped; give its path');
  using array = new NpyReader(source);
  const [length, ...shape] = array.shape;
  if (length === undefined) throw new InvalidArgument(`${source} holds a single number; expected an array`);
  refuseEmptyRows(shape, source);
  const dtype = shape.length === 0 ? array.type : `vec:${array.type}:${shape.join(':')}`;
  const column = target.open(target.dtype ?? dtype);
  checkElementShape(column, shape, source);
  const width = shape.reduce((product, size) => product * size, 1);
  const step = Math.max(1, Math.floor(ELEMENTS_AT_ONCE / width));
  for (let start = 0; start < length; start += step) {
    const rows = Math.min(step, length - start);
    const data = array.read(start * width, rows * width);
    addElements(column, shape.length === 0 ? data : { data, shape: [rows, ...shape], dtype: array.type }, rows);
    target.progress(start + rows);
  }
  return length;
}
