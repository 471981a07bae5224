import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** SQLite compares texts of a million letters no faster than files of that length. */
const MOST_LETTERS = 4096;

/** Refuses what cannot be an id of text. */
export function checkTextId(owner: string, id: unknown): string {
  if (typeof id === 'string' && id.length > 0 && id.length <= MOST_LETTERS && id.isWellFormed() && !id.includes('\0')) {
    return id;
  }
  throw new InvalidArgument(
    `${owner}: the id is ${describe(id)}; expected text of 1 to ${MOST_LETTERS} letters, without NUL and without half ` +
      'a surrogate pair, because the ids of the table are text',
  );
}
