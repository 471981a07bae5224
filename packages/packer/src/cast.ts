import { nativeCore } from '@kohakuvault/core-native';
import { Refusal } from './codec/refusal.ts';
import { bytesOf, elementOfArray, type Numbers } from './tensor.ts';
import type { ElementInfo } from './tensor-types.ts';

/**
 * The elements as little-endian bytes of another element type: in place where they are of that type already, otherwise
 * cast by the core, which refuses what would change a value (into f32 values may be rounded).
 */
export function bytesAs(data: Numbers['data'], element: ElementInfo): Buffer {
  const own = elementOfArray(data);
  if (own === element) return bytesOf(data);
  const target = new element.array(data.length);
  const wrong = nativeCore().binding.castElements(data, target);
  if (wrong >= 0) {
    throw Refusal.within(new Refusal(`${String(data[wrong])} has no equal in ${element.type}`), wrong);
  }
  return bytesOf(target);
}
