import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** Returns a text as PostgreSQL stores it: without halves of characters. */
export function storableText(owner: string, text: string): string {
  const nul = text.indexOf('\0');
  if (nul < 0) return text.toWellFormed();
  throw new InvalidArgument(
    `${owner}: the text has a NUL at position ${nul}, which PostgreSQL cannot store; leave it out`,
  );
}
