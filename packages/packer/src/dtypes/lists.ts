import { describe, isErrorNamed } from '@kohakuvault/core-native/internal';
import { EncodeError } from '../errors/encode-error.ts';
import { isTypedArray } from '../tensors/tensor.ts';

/** Returns the elements of an array, a typed array or another iterable object as a list. */
export function listOf(values: unknown): ArrayLike<unknown> {
  if (Array.isArray(values)) return values;
  if (isTypedArray(values)) return values as ArrayLike<unknown>;
  const begin =
    typeof values === 'object' && values !== null ? (values as Iterable<unknown>)[Symbol.iterator] : undefined;
  if (typeof begin === 'function') return collected(values, begun(values, begin));
  throw new EncodeError(`the values are ${describe(values)}; expected an array or another iterable of elements`);
}

/** Calls an iterator method. It throws a TypeError for an object that only inherits from an array or a Map. */
function begun(values: unknown, begin: () => unknown): unknown {
  try {
    return begin.call(values);
  } catch (cause) {
    if (!isErrorNamed(cause, 'TypeError')) throw cause;
    throw new EncodeError(`the values are ${describe(values)}, which cannot be iterated: ${cause.message}`, { cause });
  }
}

/** Iterates as the language does, with a clear error for an iterator that breaks the protocol. */
function collected(values: unknown, iterator: unknown): unknown[] {
  const next: unknown = isObject(iterator) ? iterator.next : undefined;
  const list: unknown[] = [];
  for (;;) {
    const step: unknown = typeof next === 'function' ? next.call(iterator) : undefined;
    if (!isObject(step))
      throw new EncodeError(`the values are ${describe(values)}, whose iterator does not return result objects`);
    if (step.done) return list;
    list.push(step.value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
