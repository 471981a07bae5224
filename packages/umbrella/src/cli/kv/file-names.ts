import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';

/** The file of an exported folder that says which key each file is, and holds the values that are no bytes. */
export const INDEX = 'kohakuvault.ndjson';

const LONGEST_NAME = 180;
const LONGEST_PATH = 700;
const FORBIDDEN = /[%<>:"|?*\\\p{Cc}]/gu;
/** In a key that is no text, also every byte that is not ASCII. */
const FORBIDDEN_BYTES = /[%<>:"|?*\\\p{Cc}\u0080-\u00ff]/gu;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * A path for a key that any file system takes and that stays inside its folder: `/` separates folders, and whatever a
 * system may refuse is written as %XX. It is not read back: the folder's index says which key a file is.
 */
export function pathForKey(key: Buffer): string {
  const isText = isUtf8(key);
  const segments = key.toString(isText ? 'utf8' : 'latin1').split('/');
  const path = segments.map((segment) => nameFor(segment, isText)).join('/');
  if (path.toLowerCase() === INDEX) return `%${path}`;
  return path.length <= LONGEST_PATH ? path : shortened(path.replaceAll('/', '%2F'), key);
}

/** The same without folders, for a key whose folder is a file already. */
export function flatPathForKey(key: Buffer): string {
  return shortened(pathForKey(key).replaceAll('/', '%2F'), key);
}

function nameFor(segment: string, isText: boolean): string {
  if (segment === '' || segment === '.' || segment === '..') return segment.replaceAll('.', '%2E') || '%';
  const safe = segment
    .replace(isText ? FORBIDDEN : FORBIDDEN_BYTES, escaped)
    .replace(/[. ]$/, escaped)
    .replace(RESERVED, (name) => `%${name}`);
  return shortened(safe, Buffer.from(segment));
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Long names are cut, and kept apart by what they were cut from. */
function shortened(name: string, from: Buffer): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(from).digest('hex').slice(0, 16);
  const start = Buffer.from(name)
    .subarray(0, LONGEST_NAME - 40)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${start}~${hash}`;
}
