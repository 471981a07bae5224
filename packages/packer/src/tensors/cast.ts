import { nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '../elements/element-types.ts';
import { bytesOf, elementCount, isShared } from '../elements/memory.ts';
import { Refusal } from '../errors/codec-errors.ts';
import type { Numbers } from './tensor.ts';

/**
 * The elements as little-endian bytes of another element type: in place where they are of that type already, otherwise
 * cast by the core, which refuses what would change a value (into f32 values may be rounded).
 */
export function bytesAs({ data, element: own }: Numbers, element: ElementInfo): Buffer {
  if (own === element) return bytesOf(data);
  const source = isShared(data) ? new own.array(data) : data;
  const target = new element.array(elementCount(source));
  const wrong = nativeCore().binding.castElements(source, target);
  if (wrong >= 0) {
    throw Refusal.within(new Refusal(`${String(source[wrong])} has no equal in ${element.type}`), wrong);
  }
  return bytesOf(target);
}
