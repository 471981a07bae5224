import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';

/** The index of an exported folder. It lists the key of each file, and holds the values that are not bytes. */
export const INDEX = 'kohakuvault.ndjson';

const LONGEST_NAME = 180;
const LONGEST_PATH = 700;
const FORBIDDEN = /[%<>:"|?*\\\p{Cc}]/gu;
/** In a key that is not text, bytes outside ASCII too. */
const FORBIDDEN_BYTES = /[%<>:"|?*\\\p{Cc}\u0080-\u00ff]/gu;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Returns a path for a key that every file system accepts and that stays inside the folder. `/` separates folders, and
 * characters that a system may refuse become %XX. The path is never parsed: the index lists the key of each file.
 */
export function pathForKey(key: Buffer): string {
  const isText = isUtf8(key);
  const segments = key.toString(isText ? 'utf8' : 'latin1').split('/');
  const path = segments.map((segment) => nameFor(segment, isText)).join('/');
  if (path.toLowerCase() === INDEX) return `%${path}`;
  return path.length <= LONGEST_PATH ? path : shortened(path.replaceAll('/', '%2F'), key);
}

/** Returns a path without folders, for a key whose folder is a file already. */
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

/** Cuts a long name. A hash keeps names with the same beginning apart. */
function shortened(name: string, from: Buffer): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(from).digest('hex').slice(0, 16);
  const start = Buffer.from(name)
    .subarray(0, LONGEST_NAME - 40)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${start}~${hash}`;
}
