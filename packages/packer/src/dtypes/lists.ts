import { describe } from '@kohakuvault/core-native/internal';
import { Refusal } from '../errors/codec-errors.ts';
import { isTypedArray } from '../tensors/tensor.ts';

/** The elements as a list, whatever gives them. */
export function listOf(values: unknown): ArrayLike<unknown> {
  if (Array.isArray(values)) return values;
  if (isTypedArray(values)) return values as ArrayLike<unknown>;
  const begin =
    typeof values === 'object' && values !== null ? (values as Iterable<unknown>)[Symbol.iterator] : undefined;
  if (typeof begin === 'function') return collected(values, begun(values, begin));
  throw new Refusal(`the values are ${describe(values)}; expected an array or another iterable of elements`);
}

/** An object that only looks like an array or a Map has no elements, which its iterator tells with a TypeError. */
function begun(values: unknown, begin: () => unknown): unknown {
  try {
    return begin.call(values);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Refusal(`the values are ${describe(values)}, which cannot be iterated: ${cause.message}`, { cause });
  }
}

/** Each step is looked at, as the language would, but with an error that tells what is wrong. */
function collected(values: unknown, iterator: unknown): unknown[] {
  const next: unknown = isObject(iterator) ? iterator.next : undefined;
  const list: unknown[] = [];
  for (;;) {
    const step: unknown = typeof next === 'function' ? next.call(iterator) : undefined;
    if (!isObject(step)) throw new Refusal(`the values are ${describe(values)}, whose iterator is none`);
    if (step.done) return list;
    list.push(step.value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
