import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** What an object view needs of a vault. */
export interface Viewed<V> {
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): unknown;
  delete(key: string): boolean;
  keys(): Iterable<string | Buffer>;
}

/** Returns a vault as a plain object: `view.name = 1`, `'name' in view`, `delete view.name`, `Object.keys(view)`. */
export function objectView<V>(vault: Viewed<V>): Record<string, V> {
  const target: Record<string, V> = Object.create(null);
  return new Proxy(target, {
    get: (_, key) => (typeof key === 'string' ? vault.get(key) : undefined),
    has: (_, key) => typeof key === 'string' && vault.has(key),
    set(_, key, value) {
      vault.set(nameOf(key), value);
      return true;
    },
    deleteProperty(_, key) {
      vault.delete(nameOf(key));
      return true;
    },
    ownKeys: () => Array.from(vault.keys(), String),
    getOwnPropertyDescriptor(_, key) {
      if (typeof key !== 'string' || !vault.has(key)) return undefined;
      return { value: vault.get(key), writable: true, enumerable: true, configurable: true };
    },
    defineProperty(_, key, { value, get, set }) {
      if (get || set) {
        throw new InvalidArgument(`the property ${String(key)} is an accessor; a vault stores values, so assign one`);
      }
      vault.set(nameOf(key), value);
      return true;
    },
  });
}

function nameOf(key: string | symbol): string {
  if (typeof key === 'string') return key;
  throw new InvalidArgument(`the key is ${String(key)}; expected a string`);
}
