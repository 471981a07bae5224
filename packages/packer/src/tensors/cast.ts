import { nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '../elements/element-types.ts';
import { asBuffer, elementCount, isShared, pooled } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { Numbers } from './tensor.ts';

/**
 * Returns the elements as little-endian bytes of an element type. Elements of that type are not copied. The core casts
 * others and refuses a cast that changes a value, except that values cast to f32 and f16 may be rounded.
 */
export function bytesAs({ data, element: own }: Numbers, element: ElementInfo): Buffer {
  if (own === element) return asBuffer(data);
  const source = isShared(data) ? new own.array(data) : data;
  const target = pooled(elementCount(source) * element.size);
  // Node-API does not know a Float16Array everywhere.
  const bytes = own.type === 'f16' ? asBuffer(source) : source;
  const wrong = nativeCore().binding.castElements(own.code, bytes, element.code, target);
  if (wrong >= 0) {
    throw EncodeError.within(
      new EncodeError(`${String(source[wrong])} cannot be represented in ${element.type}`),
      wrong,
    );
  }
  return target;
}
