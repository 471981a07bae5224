import { DecodeError } from '../errors/decode-error.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

const { fromCharCode } = String;

/** The number of recent keys to keep, by a hash of their bytes: most objects have the same keys as others. */
const KEYS = 1_024;

interface RecentKey {
  bytes: Uint8Array;
  text: string;
}
const recentKeys: (RecentKey | undefined)[] = new Array(KEYS).fill(undefined);

/** Decodes a key. Recent short keys come from a cache. */
export function keyAt(bytes: Buffer, start: number, length: number): string {
  if (length === 0) return '';
  if (length > 32) return textAt(bytes, start, length);
  let hash = length;
  for (let index = start; index < start + length; index++) hash = (hash * 31 + (bytes[index] as number)) | 0;
  const slot = hash & (KEYS - 1);
  const candidate = recentKeys[slot];
  if (candidate && candidate.bytes.length === length) {
    const other = candidate.bytes;
    let index = 0;
    while (index < length && other[index] === bytes[start + index]) index++;
    if (index === length) return candidate.text;
  }
  // The text is decoded from the copy: another thread may change a key in shared memory, and the text in the cache must
  // match the bytes by which it is found.
  const own = Buffer.from(bytes.subarray(start, start + length));
  const text = textAt(own, 0, length, start);
  recentKeys[slot] = { bytes: own, text };
  return text;
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

function asciiAt(bytes: Buffer, at: number, length: number): string {
  const b = bytes as unknown as number[];
  switch (length) {
    case 0:
      return '';
    case 1:
      return fromCharCode(b[at] as number);
    case 2:
      return fromCharCode(b[at] as number, b[at + 1] as number);
    case 3:
      return fromCharCode(b[at] as number, b[at + 1] as number, b[at + 2] as number);
    case 4:
      return fromCharCode(b[at] as number, b[at + 1] as number, b[at + 2] as number, b[at + 3] as number);
    default: {
      const head = fromCharCode(b[at] as number, b[at + 1] as number, b[at + 2] as number, b[at + 3] as number);
      return head + asciiAt(bytes, at + 4, length - 4);
    }
  }
}
