import { types } from 'node:util';

/**
 * Returns the path at which two values differ, or undefined. Compares types and classes, -0, NaN, holes, the order of
 * keys, the hidden properties of errors, and the identity of objects, also through cycles.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().of(a, b, '$');
}

class Comparison {
  readonly #twins = new Map<object, object>();
  readonly #twinsBack = new Map<object, object>();

  of(a: unknown, b: unknown, path: string): string | undefined {
    if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
      return Object.is(a, b) ? undefined : `${path}: ${show(a)} and ${show(b)}`;
    }
    if (this.#twins.has(a) || this.#twinsBack.has(b)) {
      return this.#twins.get(a) === b && this.#twinsBack.get(b) === a ? undefined : `${path}: other objects are one`;
    }
    this.#twins.set(a, b);
    this.#twinsBack.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: ${show(a)} and ${show(b)}`;
    return this.#insides(a, b, path);
  }

  #insides(a: object, b: object, path: string): string | undefined {
    if (ArrayBuffer.isView(a) || types.isArrayBuffer(a)) {
      return hexOf(a) === hexOf(b as ArrayBuffer) ? undefined : `${path}: other bytes`;
    }
    if (types.isBoxedPrimitive(a) || types.isDate(a)) return this.of(a.valueOf(), b.valueOf(), `${path} (inside)`);
    if (types.isRegExp(a)) return this.of(String(a), String(b), `${path} (text)`);
    if (types.isMap(a)) return this.#lists([...a].flat(), [...(b as Map<unknown, unknown>)].flat(), `${path} (Map)`);
    if (types.isSet(a)) return this.#lists([...a], [...(b as Set<unknown>)], `${path} (Set)`);
    if (Array.isArray(a) && a.length !== (b as unknown[]).length) return `${path}: other lengths`;
    // The properties of errors are not enumerable.
    const keys = types.isNativeError(a) ? (own: object) => Object.getOwnPropertyNames(own).sort() : Object.keys;
    return (
      this.#lists(keys(a), keys(b), `${path} (keys)`) ??
      first(keys(a), (key) => this.of(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`))
    );
  }

  #lists(a: readonly unknown[], b: readonly unknown[], path: string): string | undefined {
    if (a.length !== b.length) return `${path}: ${a.length} and ${b.length}`;
    return first([...a.keys()], (index) => this.of(a[index], b[index], `${path}[${index}]`));
  }
}

function first<T>(list: readonly T[], differs: (each: T) => string | undefined): string | undefined {
  for (const each of list) {
    const found = differs(each);
    if (found) return found;
  }
  return undefined;
}

function hexOf(bytes: ArrayBuffer | ArrayBufferView): string {
  return ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
    : Buffer.from(bytes).toString('hex');
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'object' && value !== null) return `${Object.getPrototypeOf(value)?.constructor?.name}`;
  return `${typeof value} ${String(value)}`;
}
