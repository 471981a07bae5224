import { isUtf8 } from 'node:buffer';
import { UsageError } from '../exit-code.ts';
import { fromHex } from '../formats/binary-text.ts';
import { printable } from '../terminal/text.ts';

export const HEX_OPTION = {
  hex: { type: 'boolean', about: 'keys are given and shown in hexadecimal' },
} as const;

/** A key as it was typed. */
export function keyOf(text: string, hex: boolean): string | Buffer {
  if (!hex) return text;
  const bytes = fromHex(text);
  if (bytes) return bytes;
  throw new UsageError(`the key ${JSON.stringify(text)} is not hexadecimal, as --hex says it is`);
}

/** A key as text: as it is, or with everything a line or a terminal cannot show written out. */
export function shownKey(key: Buffer, hex: boolean): string {
  if (hex) return key.toString('hex');
  if (isUtf8(key)) return printable(key.toString());
  return Array.from(key, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

/** A key as JSON has it: a string, or where it is none, its bytes. */
export function jsonKey(key: Buffer): { key: string } | { keyHex: string } {
  return isUtf8(key) ? { key: key.toString() } : { keyHex: key.toString('hex') };
}
