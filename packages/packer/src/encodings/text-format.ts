import { describe } from '@kohakuvault/core-native/internal';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { ValueFormat } from '../values/value-format.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** Text, as UTF-8. */
export const textFormat: ValueFormat = {
  isBytes: false,
  makesObjects: false,
  streams: 'read',
  encode(value) {
    if (typeof value !== 'string') throw new EncodeError(`it is ${describe(value)}; the encoding 'utf8' takes strings`);
    if (value.isWellFormed()) return Buffer.from(value);
    throw new EncodeError('it contains half of a surrogate pair, which UTF-8 cannot represent');
  },
  decode: textOf,
  check(value) {
    if (typeof value !== 'string') throw new DecodeError(`it is ${describe(value)}, stored by another program`);
  },
};

/** Returns the text of bytes. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  // What cannot be decoded becomes U+FFFD, which a text may also contain.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new DecodeError('it is not UTF-8');
  return text;
}
