import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { checkDocumentId } from '@kohakuvault/text/internal';
import { LARGEST_KEY } from '../kvault/keys.ts';

/** Returns an id as the server has it; undefined if it cannot have it. */
export function knownId(owner: string, id: unknown): string | undefined {
  const checked = checkDocumentId(owner, id);
  return checked.includes('\0') ? undefined : checked.toWellFormed();
}

/** Returns a new id as the server has it. Refuses what it cannot have. */
export function storableId(owner: string, id: string): string {
  const known = knownId(owner, id);
  if (known !== undefined && Buffer.byteLength(id) <= LARGEST_KEY) return known;
  throw new InvalidArgument(
    `${owner}: the id has ${Buffer.byteLength(id)} bytes${id.includes('\0') ? ', one of them 0' : ''}; PostgreSQL stores ids ` +
      `without a NUL, of up to ${LARGEST_KEY} bytes`,
  );
}
