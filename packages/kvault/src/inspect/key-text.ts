import { printable } from '@kohakuvault/core-native/internal';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** Returns a key as text that is safe to print. Control characters, and bytes that are not UTF-8, become escapes. */
export function keyText(key: Buffer): string {
  if (isUtf8(key)) return printable(key.toString());
  return Array.from(key, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}
