import { Malformed } from '../errors/codec-errors.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

const { fromCharCode } = String;

/** Keys that came before, by a hash of their bytes: the same object shape comes again and again. */
const KEYS = 1_024;

interface KnownKey {
  bytes: Uint8Array;
  text: string;
}
const known: (KnownKey | undefined)[] = new Array(KEYS).fill(undefined);

/** The text of a short key, from the cache where it has been met. */
export function keyAt(bytes: Buffer, start: number, length: number): string {
  if (length === 0) return '';
  if (length > 32) return textAt(bytes, start, length);
  let hash = length;
  for (let index = start; index < start + length; index++) hash = (hash * 31 + (bytes[index] as number)) | 0;
  const slot = hash & (KEYS - 1);
  const candidate = known[slot];
  if (candidate && candidate.bytes.length === length) {
    const other = candidate.bytes;
    let index = 0;
    while (index < length && other[index] === bytes[start + index]) index++;
    if (index === length) return candidate.text;
  }
  // The text is read from the copy: in shared memory another thread may change the key meanwhile, and what is kept must
  // fit the bytes it is found by.
  const own = Buffer.from(bytes.subarray(start, start + length));
  const text = textAt(own, 0, length, start);
  known[slot] = { bytes: own, text };
  return text;
}

/** The UTF-8 text of a range; short ASCII is read here, which costs less than a call into Node. */
export function textAt(bytes: Buffer, start: number, length: number, shownAs = start): string {
  if (length > 24) return longTextAt(bytes, start, start + length, shownAs);
  for (let index = start; index < start + length; index++) {
    if ((bytes[index] as number) >= 0x80) return longTextAt(bytes, start, start + length, shownAs);
  }
  return asciiAt(bytes, start, length);
}

function longTextAt(bytes: Buffer, start: number, end: number, shownAs: number): string {
  const text = textOf(bytes, 'utf8', start, end);
  // What is no UTF-8 becomes U+FFFD, so only a text that has one needs a second look.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) {
    throw new Malformed(`the string at byte ${shownAs} is no UTF-8`);
  }
  return text;
}

/** The text of bytes. Some runtimes hold more of it than others. */
export function textOf(bytes: Buffer, encoding: 'utf8' | 'latin1' | 'utf16le', start = 0, end = bytes.length): string {
  try {
    return bytes.toString(encoding, start, end);
  } catch (cause) {
    throw tooLong(end - start, cause);
  }
}

/** One text of many. */
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

function tooLong(length: number, cause: unknown): Malformed {
  return new Malformed(`a text of ${length} bytes is longer than this runtime can hold`, { cause });
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
