import { describe } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';

/** A table's or column's name as SQL wants it, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw new InvalidArgument(`${describe(name)} is no name; expected a string that is not empty and holds no NUL`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** The same for all spellings of a name that SQLite takes for one table: it knows upper and lower case of ASCII alone. */
export function tableKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
