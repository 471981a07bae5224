import type { Column, ColumnView } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Elements, parseDType } from '@kohakuvault/packer';

/**
 * Refuses rows of a shape that the column's elements have not: numbers would be stored all the same, and be other elements
 * than the file's rows. `shape` is that of one row, empty where the rows are numbers.
 */
export function checkElementShape(column: ColumnView, shape: readonly number[], source: string): void {
  const info = parseDType(column.dtype);
  const fits =
    info.kind === 'vec' ? String(info.shape ?? []) === String(shape) && shape.length > 0 : shape.length === 0;
  if (fits) return;
  throw new InvalidArgument(
    `${source} holds ${shown(shape)}, and the elements of the column ${column.name} are of type ${column.dtype}: choose a column or a --dtype that fits`,
  );
}

/** Refuses rows of no numbers, of which a file of a hundred bytes can say that it has any number. */
export function refuseEmptyRows(shape: readonly number[], source: string): void {
  if (shape.includes(0))
    throw new InvalidArgument(`${source} holds ${shown(shape)}, in which there is nothing to store`);
}

function shown(shape: readonly number[]): string {
  return shape.length === 0 ? 'numbers' : `rows of the shape (${shape.join(', ')})`;
}

/** Adds elements, which must be as many as the file says: that is what is told of the import. */
export function addElements(column: Column, elements: Elements, count: number): void {
  const before = column.length;
  column.extend(elements);
  const added = column.length - before;
  if (added === count) return;
  throw new InvalidArgument(
    `the column ${column.name} of type ${column.dtype} takes ${count} rows for ${added} elements: choose a --dtype that fits; nothing was imported`,
  );
}
