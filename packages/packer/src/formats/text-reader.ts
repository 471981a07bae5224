import { DecodeError } from '../errors/decode-error.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

const fromCharCode = String.fromCharCode as (...codes: (number | undefined)[]) => string;

/** The number of recent keys to keep, by a hash of their bytes: most objects have the same keys as others. */
const KEYS = 1_024;

interface RecentKey {
  readonly bytes: Uint8Array;
  readonly text: string;
}
const recentKeys: (RecentKey | undefined)[] = new Array(KEYS).fill(undefined);
/** For each slot the slot of the key that came next the last time. A reference to it would keep old keys alive. */
const nextSlots = new Uint16Array(KEYS);
let lastSlot = 0;

/** Decodes a key. Recent short keys come from a cache. */
export function keyAt(bytes: Buffer, start: number, length: number): string {
  const slot = nextSlots[lastSlot] as number;
  const expected = recentKeys[slot];
  if (expected !== undefined && isAt(expected.bytes, bytes, start, length)) {
    lastSlot = slot;
    return expected.text;
  }
  return otherKeyAt(bytes, start, length);
}

function otherKeyAt(bytes: Buffer, start: number, length: number): string {
  if (length === 0) return '';
  if (length > 32) return textAt(bytes, start, length);
  let hash = length;
  for (let index = start; index < start + length; index++) hash = (hash * 31 + (bytes[index] as number)) | 0;
  const slot = hash & (KEYS - 1);
  let key = recentKeys[slot];
  if (key === undefined || !isAt(key.bytes, bytes, start, length)) {
    // The text is decoded from the copy: another thread may change a key in shared memory, and the text in the cache
    // must match the bytes by which it is found.
    const own = Buffer.from(bytes.subarray(start, start + length));
    key = { bytes: own, text: nameOf(textAt(own, 0, length, start)) };
    recentKeys[slot] = key;
  }
  nextSlots[lastSlot] = slot;
  lastSlot = slot;
  return key.text;
}

/** Returns a text as V8 keeps the names of properties: as one string, which it compares and finds by its address. */
function nameOf(text: string): string {
  return Object.keys({ [text]: 0 })[0] as string;
}

function isAt(key: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let index = 0; index < length; index++) if (key[index] !== bytes[start + index]) return false;
  return true;
}

/** Decodes the UTF-8 text of a range. Short ASCII is decoded here, which costs less than a call into Node. */
export function textAt(bytes: Buffer, start: number, length: number, shownAs = start): string {
  if (length > 24) return longTextAt(bytes, start, start + length, shownAs);
  for (let index = start; index < start + length; index++) {
    if ((bytes[index] as number) >= 0x80) return longTextAt(bytes, start, start + length, shownAs);
  }
  return asciiAt(bytes, start, length);
}

function longTextAt(bytes: Buffer, start: number, end: number, shownAs: number): string {
  const text = textOf(bytes, 'utf8', start, end);
  // Bytes that are not UTF-8 become U+FFFD, so only a text with that character needs a check.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) {
    throw new DecodeError(`the string at byte ${shownAs} is not UTF-8`);
  }
  return text;
}

/** Decodes bytes as text. The longest string depends on the runtime. */
export function textOf(bytes: Buffer, encoding: 'utf8' | 'latin1' | 'utf16le', start = 0, end = bytes.length): string {
  try {
    return bytes.toString(encoding, start, end);
  } catch (cause) {
    throw tooLong(end - start, cause);
  }
}

/** Concatenates texts. */
export function joined(texts: readonly string[]): string {
  try {
    return texts.join('');
  } catch (cause) {
    throw tooLong(
      texts.reduce((sum, text) => sum + text.length, 0),
      cause,
    );
  }
}

function tooLong(length: number, cause: unknown): DecodeError {
  return new DecodeError(`a text of ${length} bytes is longer than the longest string of this runtime`, { cause });
}

/** Decodes up to 24 ASCII characters. */
function asciiAt(bytes: Buffer, at: number, length: number): string {
  const [b, i] = [bytes, at];
  // Each number of arguments is a call of its own: collecting them in an array would cost more than the text.
  switch (length) {
    case 0:
      return '';
    case 1:
      return fromCharCode(b[i]);
    case 2:
      return fromCharCode(b[i], b[i + 1]);
    case 3:
      return fromCharCode(b[i], b[i + 1], b[i + 2]);
    case 4:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3]);
    case 5:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]);
    case 6:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]);
    case 7:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]);
    case 8:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
    default:
      return asciiAt(bytes, at, 8) + asciiAt(bytes, at + 8, length - 8);
  }
}
