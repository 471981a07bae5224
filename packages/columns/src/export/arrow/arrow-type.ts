import type { ElementType } from '@kohakuvault/packer';

/** The types of Arrow that columns are exported as. */
export type ArrowType =
  | { readonly kind: 'number'; readonly element: ElementType }
  | { readonly kind: 'text' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'fixed bytes'; readonly size: number }
  | { readonly kind: 'list'; readonly size: number; readonly of: ArrowType };

/** Returns the type of numbers, as nested lists if they have a shape. */
export function listType(element: ElementType, shape: readonly number[]): ArrowType {
  return [...shape]
    .reverse()
    .reduce<ArrowType>((of, size) => ({ kind: 'list', size, of }), { kind: 'number', element });
}
