import type { VaultKind } from '@kohakuvault/contract';
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';

const keyOf = (item: number) => `item ${item}`;
const itemOf = (key: string | Uint8Array) => Number(Buffer.from(key).subarray('item '.length).toString());
/** Bytes, which every vault stores as they are. They are longer than a part of the vault whose values are in parts. */
const bytesOf = (item: number) => Buffer.from(String(item).padEnd(100));
const numberOf = (value: unknown) => Number(String(value));
const keysOf = (vault: KVault) => Array.from(vault.keys());

function kind(name: string, own: KVaultOptions): VaultKind<KVault> {
  return {
    name,
    open: (source, options) => new KVault(source, { ...own, ...options }),
    expiry: {
      write: (vault, item, expiresAt) => void vault.set(keyOf(item), bytesOf(item), { expiresAt }),
      touch: (vault, item, expiresAt) => vault.touch(keyOf(item), { expiresAt }),
      purge: (vault) => vault.purgeExpired(),
    },
    write: (vault, item) => void vault.set(keyOf(item), bytesOf(item)),
    remove: (vault, item) => void vault.delete(keyOf(item)),
    read: (vault) => Array.from(vault.values(), numberOf),
    writes: {
      setMany: (vault, item) => void vault.setMany([[keyOf(item), bytesOf(item)]]),
      setDefault: (vault, item) => vault.setDefault(keyOf(item), bytesOf(item)),
      update: (vault, item) => vault.update({ [keyOf(item)]: bytesOf(item) }),
      'set with a ttl': (vault, item) => void vault.set(keyOf(item), bytesOf(item), { ttl: 3_600_000 }),
      'setMany with a ttl': (vault, item) => void vault.setMany([[keyOf(item), bytesOf(item)]], { ttl: 3_600_000 }),
    },
    directWrites: {
      setIfAbsent: (vault, item) => void vault.setIfAbsent(keyOf(item), bytesOf(item)),
      compareAndSet: (vault, item) => {
        const { version } = vault.getWithVersion(keyOf(item));
        vault.compareAndSet(keyOf(item), version, bytesOf(item));
      },
    },
    reads: {
      keys: (vault) => keysOf(vault).map(itemOf),
      get: (vault) => keysOf(vault).map((key) => numberOf(vault.get(key))),
      getMany: (vault) => vault.getMany(keysOf(vault)).map(numberOf),
      'entries in reverse': (vault) => Array.from(vault.entries({ reverse: true }), ([, value]) => numberOf(value)),
      getWithVersion: (vault) => keysOf(vault).map((key) => numberOf(vault.getWithVersion(key).value)),
      has: (vault) =>
        keysOf(vault)
          .filter((key) => vault.has(key))
          .map(itemOf),
      'keys, as many as size': (vault) =>
        Array.from({ length: vault.size }, (_, at) => itemOf(keysOf(vault)[at] ?? '')),
    },
    refused: {
      'a key that is a number': (vault) => vault.set(1 as never, 1),
      'a value that is a function': (vault) => vault.set('item 1', () => 1),
      'undefined as a value': (vault) => vault.set('item 1', undefined),
      'setMany with a value that is a symbol': (vault) =>
        vault.setMany([
          ['item 1', bytesOf(7)],
          ['item 7', Symbol('value')],
        ]),
      'setMany of a number': (vault) => vault.setMany(5 as never),
      'deleteMany with a key that is not one': (vault) => vault.deleteMany(['item 1', {} as never]),
      'a range with gt and gte': (vault) => Array.from(vault.keys({ gt: 'a', gte: 'a' })),
    },
    tables: ['kv'],
    caches: { vault: (vault) => vault },
    module: import.meta.url,
  };
}

export const kinds = [
  kind('KVault', {}),
  kind('KVault whose entries expire', { ttl: 3_600_000 }),
  kind('KVault with keys as bytes', { keyEncoding: 'bytes' }),
  kind('KVault without headers', { headers: false }),
  kind('KVault whose values are in parts', { maxBlobBytes: 64 }),
];
