import { DecodeError, unreadPickle } from '../../errors/decode-error.ts';
import type { Kind } from '../../headers/header.ts';
import { DEEPEST } from '../byte-writer.ts';
import { define } from '../define.ts';
import { asInteger } from '../integers.ts';
import { PickleMachine, PythonDict, PythonGlobal } from './pickle-machine.ts';
import { NumpyArray, NumpyType } from './pickle-numpy.ts';

/**
 * Decodes a pickle without running code. A dict with only string keys becomes an object, any other a Map. Tuples become
 * arrays. Numpy arrays become typed arrays or, unless they have one dimension, tensors.
 */
export function decodePickle(payload: Buffer, kind: Kind): unknown {
  return new PickleResult(kind).of(new PickleMachine(payload).run(), 0);
}

/** Converts the machine's result into JavaScript values, each object once, so that cycles and shared objects remain. */
class PickleResult {
  readonly #kind: Kind;
  readonly #converted = new Map<object, unknown>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'symbol') throw new DecodeError("the pickle's result is a mark of its stack");
    if (typeof value !== 'object' || value === null) return asInteger(value, this.#kind);
    if (value instanceof PythonGlobal)
      throw unreadPickle(`the pickle contains ${value.name} itself, which is not read`);
    if (value instanceof NumpyType)
      throw unreadPickle(`the pickle contains the dtype ${value.name}, which is not read`);
    if (value instanceof NumpyArray) return value.value;
    if (ArrayBuffer.isView(value)) return value;
    if (this.#converted.has(value)) return this.#converted.get(value);
    if (depth > DEEPEST) throw new DecodeError(`the value is nested more than ${DEEPEST} deep`);
    if (Array.isArray(value)) return this.#array(value, depth + 1);
    if (value instanceof Set) return this.#set(value, depth + 1);
    if (value instanceof PythonDict) return this.#dict(value, depth + 1);
    // Only the tensor of a numpy array remains.
    return value;
  }

  #array(array: unknown[], depth: number): unknown[] {
    this.#converted.set(array, array);
    for (let index = 0; index < array.length; index++) array[index] = this.of(array[index], depth);
    return array;
  }

  #set(from: Set<unknown>, depth: number): Set<unknown> {
    const set = new Set<unknown>();
    this.#converted.set(from, set);
    for (const member of from) set.add(this.of(member, depth));
    return set;
  }

  #dict(dict: PythonDict, depth: number): unknown {
    if (dict.entries.every(([key]) => typeof key === 'string')) return this.#object(dict, depth);
    const map = new Map<unknown, unknown>();
    this.#converted.set(dict, map);
    for (const [key, value] of dict.entries) map.set(this.of(key, depth), this.of(value, depth));
    return map;
  }

  #object(dict: PythonDict, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#converted.set(dict, object);
    for (const [key, each] of dict.entries) {
      const value = this.of(each, depth);
      if (key === '__proto__') define(object, key, value);
      else object[key as string] = value;
    }
    return object;
  }
}
