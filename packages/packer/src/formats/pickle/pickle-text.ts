import { DecodeError } from '../../errors/decode-error.ts';
import { joined, textOf } from '../text-reader.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/**
 * Encodes a string as Python's pickles do: UTF-8 that may also contain half of a surrogate pair, in the three bytes of
 * its code unit.
 */
export function encodeSurrogates(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.match(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]|[^\ud800-\udfff]+/g) ?? [];
  return Buffer.concat(parts.map((part) => (part.isWellFormed() ? Buffer.from(part) : threeBytes(part.charCodeAt(0)))));
}

function threeBytes(unit: number): Buffer {
  return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
}

/** Decodes a string of a pickle, which may contain half of a surrogate pair. */
export function decodeSurrogates(bytes: Buffer): string {
  if (isUtf8(bytes)) return textOf(bytes, 'utf8');
  const parts: string[] = [];
  let start = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    if (second >= 0xa0 && second < 0xc0 && third >= 0x80 && third < 0xc0) {
      parts.push(wellFormed(bytes.subarray(start, at)));
      parts.push(String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
      start = at + 3;
    }
  }
  parts.push(wellFormed(bytes.subarray(start)));
  return joined(parts);
}

function wellFormed(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new DecodeError('a string of the pickle is not UTF-8');
  return textOf(bytes, 'utf8');
}
