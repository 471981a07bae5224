import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** What comes between the name of a frame and that of a column. */
const BETWEEN = '.';

/** Returns the names that the columns of a frame have in it, in the order of their creation. */
export function namesOf(frame: string, all: readonly string[]): string[] {
  const head = frame + BETWEEN;
  return all
    .filter((name) => name.startsWith(head) && name.length > head.length)
    .map((name) => name.slice(head.length));
}

/** Returns the name that a column of a frame has in the vault. */
export function columnName(frame: string, name: string): string {
  return frame + BETWEEN + name;
}

/** Refuses what cannot be the name of a frame. */
export function checkFrameName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && !name.includes(BETWEEN) && !name.includes('\0')) return;
  throw new InvalidArgument(
    `the name of a frame is ${describe(name)}; expected a non-empty string without a dot, which comes before the names of ` +
      'its columns',
  );
}

/** Returns the names of the columns of a schema. */
export function checkSchema(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || Object.keys(schema).length === 0) {
    throw new InvalidArgument(
      `frame expects an object with the dtypes of its columns, such as { step: 'i64' }, got ${describe(schema)}`,
    );
  }
  return Object.keys(schema);
}

/** Returns the error for columns of different lengths. */
export function unequal(
  frame: string,
  names: readonly string[],
  columns: readonly { length: number }[],
): InvalidArgument {
  const lengths = names.map((name, nth) => `${name} ${columns[nth]?.length}`).join(', ');
  return new InvalidArgument(
    `the columns of frame ${JSON.stringify(frame)} have different lengths: ${lengths}; shorten the longer ones with ` +
      'truncate of each column, or delete the frame',
  );
}

/** Returns the error for a column that a frame does not have. */
export function unknownColumn(frame: string, name: string, names: readonly string[]): InvalidArgument {
  return new InvalidArgument(
    `frame ${JSON.stringify(frame)} has no column ${JSON.stringify(name)}; its columns are ${names.join(', ')}`,
  );
}

/** Throws unless a row is an object with exactly the columns of the frame. */
export function checkRow(what: string, row: unknown, names: readonly string[], nth: number | undefined): void {
  const where = nth === undefined ? '' : ` at position ${nth}`;
  if (typeof row !== 'object' || row === null) {
    throw new InvalidArgument(`${what} expects a row to be an object, got ${describe(row)}${where}`);
  }
  for (const name of names) {
    if ((row as Record<string, unknown>)[name] === undefined) {
      throw new InvalidArgument(`${what}: the row${where} has no ${name}; expected ${names.join(', ')}`);
    }
  }
  // Usually there are no others, and to count costs less than to look for each.
  const given = Object.keys(row);
  if (given.length === names.length) return;
  const more = given.find((name) => !names.includes(name));
  if (more !== undefined) {
    throw new InvalidArgument(`${what}: the frame has no column ${more}${where}; expected ${names.join(', ')}`);
  }
}
