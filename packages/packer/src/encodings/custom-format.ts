import { describe, refusePromise } from '@kohakuvault/core-native/internal';
import { asBuffer, isMemory } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { ValueFormat } from '../values/value-format.ts';
import type { CustomEncoding } from './value-encoding.ts';

/** The encoding of a user's codec. What the codec throws reaches the user unchanged. */
export function customFormat(codec: CustomEncoding): ValueFormat {
  const shown = describe(codec.name);
  return {
    isBytes: false,
    makesObjects: false,
    streams: 'none',
    encode(value) {
      const bytes: unknown = refusePromise('encode', codec.encode(value));
      if (isMemory(bytes)) return asBuffer(bytes);
      throw new EncodeError(`the codec ${shown} returned ${describe(bytes)} for it; expected bytes`);
    },
    // The codec may keep the bytes, and may read other values meanwhile.
    decode: (bytes) => refusePromise('decode', codec.decode(Buffer.from(bytes))),
    check(value) {
      throw new DecodeError(`it is ${describe(value)}, stored by another program; the codec ${shown} reads bytes`);
    },
  };
}
