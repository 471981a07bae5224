import type { Column, ColumnView } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Elements, parseDType } from '@kohakuvault/packer';

/**
 * Refuses rows whose shape is not that of the column's elements. The numbers would fit, but as other elements than the
 * rows of the file. `shape` is that of one row; it is empty if the rows are numbers.
 */
export function checkElementShape(column: ColumnView, shape: readonly number[], source: string): void {
  const info = parseDType(column.dtype);
  const fits =
    info.kind === 'vec' ? String(info.shape ?? []) === String(shape) && shape.length > 0 : shape.length === 0;
  if (fits) return;
  throw new InvalidArgument(
    `${source} holds ${shown(shape)}, but the column ${column.name} has the dtype ${column.dtype}; choose a column ` +
      'or a --dtype that fits',
  );
}

/** Refuses rows without numbers. A file of a hundred bytes can claim any number of them. */
export function refuseEmptyRows(shape: readonly number[], source: string): void {
  if (shape.includes(0)) throw new InvalidArgument(`${source} holds ${shown(shape)}, which have no numbers to store`);
}

function shown(shape: readonly number[]): string {
  return shape.length === 0 ? 'numbers' : `rows of shape (${shape.join(', ')})`;
}

/** Adds elements. Refuses the import if the column makes another number of elements of them. */
export function addElements(column: Column, elements: Elements, count: number): void {
  const before = column.length;
  column.extend(elements);
  const added = column.length - before;
  if (added === count) return;
  throw new InvalidArgument(
    `the column ${column.name} of dtype ${column.dtype} makes ${added} elements of ${count} rows; choose a --dtype ` +
      'that fits; nothing was imported',
  );
}
