import type { DTypeInfo, ElementInfo } from '@kohakuvault/packer';

interface NumbersOfDType {
  readonly kind: DTypeInfo['kind'];
  readonly element?: ElementInfo | undefined;
}

/**
 * Returns the type of a column's numbers if an array in memory can hold the bytes of the file and is read as the column
 * is. Truth values become booleans, and 16-bit floats need a Float16Array.
 */
export function plainNumbers({ kind, element }: NumbersOfDType): ElementInfo | undefined {
  return kind === 'scalar' && element?.isNative && element.type !== 'bool' ? element : undefined;
}
