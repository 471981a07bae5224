import { isUtf8 } from 'node:buffer';
import { keyText } from '@kohakuvault/kvault/inspect';
import { UsageError } from '../command/exit-code.ts';
import { fromHex } from '../formats/binary-text.ts';

export const HEX_OPTION = {
  hex: { type: 'boolean', about: 'read and print keys in hexadecimal' },
} as const;

/** Returns the key that was typed. */
export function keyOf(text: string, hex: boolean): string | Buffer {
  if (!hex) return text;
  const bytes = fromHex(text);
  if (bytes) return bytes;
  throw new UsageError(`the key ${JSON.stringify(text)} is not hexadecimal, which --hex requires`);
}

/** Returns a key as text that is safe to print, or in hexadecimal. */
export function shownKey(key: Buffer, hex: boolean): string {
  return hex ? key.toString('hex') : keyText(key);
}

/** Returns a key for JSON: as a string, or in hexadecimal if it is not UTF-8. */
export function jsonKey(key: Buffer): { key: string } | { keyHex: string } {
  return isUtf8(key) ? { key: key.toString() } : { keyHex: key.toString('hex') };
}
