import { ElementCode, nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '../elements/element-types.ts';
import { checkFloat16, ScalarCodec } from './scalar-codec.ts';

/** 16-bit floats in a runtime without a Float16Array. */
export class HalfCodec extends ScalarCodec {
  readonly #double = new Float64Array(1);

  constructor(element: ElementInfo) {
    super(element, 'bigint');
  }

  override encodeInto(value: unknown, target: Buffer, offset: number): void {
    this.#double[0] = checkFloat16(value);
    const place = target.subarray(offset, offset + this.size);
    nativeCore().binding.castElements(ElementCode.f64, this.#double, ElementCode.f16, place);
  }

  override decode(bytes: Buffer, start: number): number {
    const place = bytes.subarray(start, start + this.size);
    nativeCore().binding.castElements(ElementCode.f16, place, ElementCode.f64, this.#double);
    return this.#double[0] as number;
  }
}
