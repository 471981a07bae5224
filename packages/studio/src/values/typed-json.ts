import type { TypedArray } from '@kohakuvault/packer';
import type { TypedJson } from '../api/types.ts';
import { bytesOf, isTensor, viewName } from './kinds.ts';
import { plainElement, plainNumber } from './plain-number.ts';

/** Thrown for what typed JSON cannot have. */
class Unwritable extends Error {}

/** Returns a value as typed JSON, or undefined if it has none or is longer than `most` characters. */
export function typedJson(value: unknown, most: number): TypedJson | undefined {
  try {
    const text = JSON.stringify(new Writer(most).write(value, new Set()), null, 2);
    return text.length <= most ? text : undefined;
  } catch (error) {
    if (error instanceof Unwritable || error instanceof RangeError) return undefined;
    throw error;
  }
}

class Writer {
  /** About how many characters may follow. */
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  write(value: unknown, above: Set<object>): unknown {
    this.#spend(2);
    switch (typeof value) {
      case 'undefined':
        return { $undefined: true };
      case 'boolean':
        return value;
      case 'number': {
        const plain = plainNumber(value);
        return typeof plain === 'number' ? plain : { $number: plain };
      }
      case 'bigint':
        return { $bigint: String(value) };
      case 'string':
        this.#spend(value.length);
        return value;
      case 'object':
        return value === null ? null : this.#object(value, above);
      default:
        throw new Unwritable();
    }
  }

  #object(value: object, above: Set<object>): unknown {
    // Neither cycles nor objects that occur twice: JSON would make two of them.
    if (above.has(value)) throw new Unwritable();
    above.add(value);
    const name = viewName(value);
    if (name === 'Buffer') return { $bytes: this.#base64(value as Buffer) };
    if (name === 'ArrayBuffer' || name === 'SharedArrayBuffer' || name === 'DataView') throw new Unwritable();
    if (name !== undefined) return { $typed: [name, this.#numbers(value as TypedArray)] };
    if (isTensor(value)) {
      return { $tensor: { dtype: value.dtype, shape: value.shape, data: this.#numbers(value.data) } };
    }
    if (Array.isArray(value)) {
      if (Object.keys(value).length !== value.length) throw new Unwritable();
      return value.map((one) => this.write(one, above));
    }
    if (value instanceof Map) {
      return { $map: [...value].map(([key, one]) => [this.write(key, above), this.write(one, above)]) };
    }
    if (value instanceof Set) return { $set: [...value].map((one) => this.write(one, above)) };
    if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
    if (value instanceof RegExp) return { $regexp: [value.source, value.flags] };
    if (Object.getPrototypeOf(value) !== Object.prototype) throw new Unwritable();
    const entries = Object.entries(value).map(([key, one]) => {
      this.#spend(key.length);
      return [key, this.write(one, above)] as const;
    });
    // `fromEntries` defines, so that a key `__proto__` stays a key.
    const plain = Object.fromEntries(entries);
    return entries.length === 1 && entries[0]?.[0].startsWith('$') ? { $object: plain } : plain;
  }

  #base64(bytes: Buffer): string {
    this.#spend(bytes.length * 1.34);
    return bytesOf(bytes).toString('base64');
  }

  #numbers(array: TypedArray): (number | string)[] {
    this.#spend(array.length * 2);
    return Array.from(array as ArrayLike<number | bigint>, plainElement);
  }

  #spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new Unwritable();
  }
}
