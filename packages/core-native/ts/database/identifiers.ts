import { describe } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';

/** Returns the name of a table or column as SQL writes it, whatever characters it has. */
export function quoteIdentifier(name: string): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw new InvalidArgument(
      `a name of a table or column must be a string that is not empty and has no NUL, got ${describe(name)}`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Returns the same text for all spellings of a table's name. SQLite ignores the case of ASCII letters only. */
export function tableKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
