import { isUtf8 } from 'node:buffer';
import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** The number of bytes that are checked together in the search for invalid UTF-8. */
const WINDOW = 65_536;
const LINE_FEED = 0x0a;

/** Decodes text. Refuses bytes that are not UTF-8 instead of replacing them. `where` names the place of a byte. */
export function utf8Text(bytes: Buffer, where: (byte: number) => string): string {
  if (isUtf8(bytes)) return bytes.toString();
  const at = firstNonUtf8(bytes);
  const found = (bytes[at] as number).toString(16).padStart(2, '0');
  throw new InvalidArgument(`${where(at)}: 0x${found} is not UTF-8, which text must be; nothing was imported`);
}

/**
 * Decodes a stream in pieces, and drops a byte order mark. The error for bytes that are not UTF-8 gives their line and
 * their offset.
 */
export async function* utf8TextOf(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  let [done, line] = [0, 1];
  let incomplete: Buffer = Buffer.alloc(0);
  const decoded = (bytes: Buffer): string => {
    const text = utf8Text(bytes, (at) => {
      return `line ${line + feedsIn(bytes.subarray(0, at))} of ${name}, byte ${done + at} of the file`;
    });
    const isFirst = done === 0;
    done += bytes.length;
    line += feedsIn(bytes);
    return isFirst && text.startsWith('\ufeff') ? text.slice(1) : text;
  };
  for await (const chunk of stream) {
    const bytes = incomplete.length === 0 ? chunk : Buffer.concat([incomplete, chunk]);
    const end = lastBoundary(bytes);
    incomplete = Buffer.from(bytes.subarray(end));
    if (end > 0) yield decoded(bytes.subarray(0, end));
  }
  if (incomplete.length > 0) yield decoded(incomplete);
}

/** Returns the offset of the first invalid character. There must be one. */
function firstNonUtf8(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const end = at + lastBoundary(bytes.subarray(at, at + WINDOW));
    if (end === at || !isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  for (;;) {
    const length = lengthOf(bytes[at]);
    if (!isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
}

/** Returns the length without an incomplete character at the end. */
function lastBoundary(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return lengthOf(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Returns the number of bytes of the character that begins with a byte. */
function lengthOf(byte: number | undefined): number {
  if (byte === undefined || byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

function feedsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
