import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { KVault } from './kvault.ts';

/** A vault that looks like a plain object: `view.name = 1`, `'name' in view`, `delete view.name`, `Object.keys(view)`. */
export function objectView<V>(vault: KVault<V>): Record<string, V> {
  return new Proxy(Object.create(null) as Record<string, V>, {
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
    ownKeys: () => [...vault.keys()].map(String),
    getOwnPropertyDescriptor(_, key) {
      if (typeof key !== 'string' || !vault.has(key)) return undefined;
      return { value: vault.get(key), writable: true, enumerable: true, configurable: true };
    },
    defineProperty(_, key, { value, get, set }) {
      if (get || set) throw new InvalidArgument(`${String(key)}: a stored value cannot be a getter`);
      vault.set(nameOf(key), value);
      return true;
    },
  });
}

function nameOf(key: string | symbol): string {
  if (typeof key === 'string') return key;
  throw new InvalidArgument(`${String(key)} is no key; expected a string`);
}
