import { describe } from '@kohakuvault/core-native/internal';
import { asBuffer, isMemory } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { ValueFormat } from '../values/value-format.ts';

/** Bytes, as they are. */
export const bytesFormat: ValueFormat = {
  isBytes: true,
  makesObjects: false,
  streams: 'read and write',
  encode(value) {
    if (isMemory(value)) return asBuffer(value);
    throw new EncodeError(`it is ${describe(value)}; the encoding 'binary' takes bytes`);
  },
  decode: (bytes) => bytes,
  check(value) {
    if (!Buffer.isBuffer(value)) throw new DecodeError(`it is ${describe(value)}, stored by another program`);
  },
};
