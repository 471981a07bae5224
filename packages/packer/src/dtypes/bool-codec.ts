import { describe } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '../elements/element-types.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { Codec } from './codec.ts';
import { encodedArray } from './scalar-codec.ts';

/** True and false, a byte each. Any byte but 0 is true. */
export class BoolCodec implements Codec {
  readonly size = 1;
  readonly #element: ElementInfo;

  constructor(element: ElementInfo) {
    this.#element = element;
  }

  encode(value: unknown): Uint8Array {
    return Buffer.of(byteOf(value));
  }

  encodeInto(value: unknown, target: Buffer, offset: number): void {
    target[offset] = byteOf(value);
  }

  decode(bytes: Buffer, start: number): boolean {
    return bytes[start] !== 0;
  }

  encodeBlock(values: unknown): Buffer | undefined {
    return encodedArray(values, this.#element);
  }
}

function byteOf(value: unknown): number {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  throw new EncodeError(`${describe(value)} is not a bool; expected true or false`);
}
