import { Malformed } from '../../errors/codec-errors.ts';
import type { Kind } from '../../headers/header.ts';
import { DEEPEST } from '../byte-writer.ts';
import { asInteger } from '../integers.ts';
import { PickleMachine, PythonDict, PythonGlobal } from './pickle-machine.ts';
import { NumpyArray, NumpyType } from './pickle-numpy.ts';

/**
 * Reads a pickle without executing anything. A dict with only string keys becomes an object, any other a Map; tuples are
 * arrays; numpy arrays are typed arrays or, unless they have one dimension, tensors.
 */
export function decodePickle(payload: Buffer, kind: Kind): unknown {
  return new PickleResult(kind).of(new PickleMachine(payload).run(), 0);
}

/** Turns what the machine made into JavaScript values, each object once, so that cycles and shared objects stay. */
class PickleResult {
  readonly #kind: Kind;
  readonly #made = new Map<object, unknown>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'symbol') throw new Malformed("the pickle's result is a mark of its stack");
    if (typeof value !== 'object' || value === null) return asInteger(value, this.#kind);
    if (value instanceof PythonGlobal)
      throw new Malformed(`it is a pickle that holds ${value.name} itself, which is not read`);
    if (value instanceof NumpyType)
      throw new Malformed(`it is a pickle that holds the dtype ${value.name}, which is not read`);
    if (value instanceof NumpyArray) return value.value;
    if (ArrayBuffer.isView(value)) return value;
    if (this.#made.has(value)) return this.#made.get(value);
    if (depth > DEEPEST) throw new Malformed(`the value is nested more than ${DEEPEST} deep`);
    if (Array.isArray(value)) return this.#array(value, depth + 1);
    if (value instanceof Set) return this.#set(value, depth + 1);
    if (value instanceof PythonDict) return this.#dict(value, depth + 1);
    // A tensor, made of a numpy array.
    return value;
  }

  #array(array: unknown[], depth: number): unknown[] {
    this.#made.set(array, array);
    for (let index = 0; index < array.length; index++) array[index] = this.of(array[index], depth);
    return array;
  }

  #set(from: Set<unknown>, depth: number): Set<unknown> {
    const set = new Set<unknown>();
    this.#made.set(from, set);
    for (const member of from) set.add(this.of(member, depth));
    return set;
  }

  #dict(dict: PythonDict, depth: number): unknown {
    if (dict.entries.every(([key]) => typeof key === 'string')) return this.#object(dict, depth);
    const map = new Map<unknown, unknown>();
    this.#made.set(dict, map);
    for (const [key, value] of dict.entries) map.set(this.of(key, depth), this.of(value, depth));
    return map;
  }

  #object(dict: PythonDict, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#made.set(dict, object);
    for (const [key, each] of dict.entries) {
      const value = this.of(each, depth);
      if (key !== '__proto__') object[key as string] = value;
      else Object.defineProperty(object, '__proto__', { value, writable: true, enumerable: true, configurable: true });
    }
    return object;
  }
}
