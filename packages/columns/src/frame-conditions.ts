import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import { boundsOfValues, type ValueRange } from './statistics/value-range.ts';

/** Returns a function that tells whether an element meets a condition on its column. */
export function testOf(
  name: string,
  column: { readonly dtype: DType },
  condition: unknown,
): (value: unknown) => boolean {
  if (typeof condition === 'function') return condition as (value: unknown) => boolean;
  if (typeof condition !== 'object' || condition === null) {
    throw new InvalidArgument(
      `where expects the condition on ${name} to be a range or a function, got ${describe(condition)}`,
    );
  }
  const { kind, element } = parseDType(column.dtype);
  if (kind !== 'scalar' || !element) {
    throw new InvalidArgument(
      `where: ${name} has elements of ${column.dtype}; a range is for numbers, give a function instead`,
    );
  }
  const bounds = boundsOfValues('where', condition as ValueRange, element);
  if (!bounds) return () => false;
  const [low, high] = bounds as unknown as [number, number];
  return (value) => (value as number) >= low && (value as number) <= high;
}
