import { isAnyArrayBuffer, isUint8Array } from '@kohakuvault/core-native/internal';
import { type Change, KVault, type PutSource, setManyTimed } from '@kohakuvault/kvault';
import type { Driver, TransactionOptions } from 'unstorage';
import { checkDriverOptions, expiryOf, type KVaultDriverOptions, type RawType } from './options.ts';
import { isStreamed, rawAs } from './raw.ts';

/** A driver for unstorage that keeps its items in one table of a SQLite file. The file is opened when it is needed. */
export function kvaultDriver(options: KVaultDriverOptions): Driver<KVaultDriverOptions, KVault> {
  checkDriverOptions(options);
  const { path, table = 'unstorage' } = options;
  let opened: KVault | undefined;
  const open = (): KVault => {
    opened ??= new KVault(path, { ...options.vault, table });
    return opened;
  };
  const expiry = (call: TransactionOptions | undefined) => expiryOf(call?.ttl ?? options.ttl);
  const write = (key: string, value: unknown, call: TransactionOptions | undefined): void => {
    open().set(key, value, expiry(call));
  };

  return {
    name: 'kohakuvault',
    flags: { maxDepth: true, ttl: true },
    options,
    getInstance: open,

    hasItem: (key) => open().has(key),

    getItem: (key) => asText(open().get(key)),

    getItems(items) {
      const values = open().getMany(items.map(({ key }) => key));
      return items.map(({ key }, index) => ({ key, value: asText(values[index]) }));
    },

    getItemRaw(key, call) {
      const type = call?.type as RawType | undefined;
      if (type === 'stream') return open().has(key) ? open().createReadStream(key) : null;
      const value = open().get(key);
      return value === undefined ? null : rawAs(value, type);
    },

    setItem: write,

    setItems(items, common) {
      const timed = items.map(({ key, value, options: own }) => {
        return [key, value, expiry({ ttl: own?.ttl ?? common?.ttl })] as const;
      });
      open()[setManyTimed](timed);
    },

    async setItemRaw(key, value, call) {
      if (isStreamed(value)) {
        const expires = expiry(call);
        await open().putFile(key, value as PutSource, expires);
      } else {
        write(key, isAnyArrayBuffer(value) ? Buffer.from(value as ArrayBuffer) : value, call);
      }
    },

    removeItem: (key) => void open().delete(key),

    getMeta(key) {
      const size = open().sizeOf(key);
      if (size === undefined) return null;
      const left = open().ttlOf(key);
      return left === undefined || left === Number.POSITIVE_INFINITY ? { size } : { size, ttl: Math.ceil(left / 1000) };
    },

    getKeys(base = '', { maxDepth } = {}) {
      const keys = open().keys({ prefix: base });
      if (maxDepth === undefined) return [...keys];
      return [...keys].filter((key) => key.split(':').length <= maxDepth + 1);
    },

    clear(base = '') {
      if (base === '') open().clear();
      else open().deleteRange({ prefix: base });
    },

    watch(callback) {
      const vault = open();
      const listener = ({ kind, key }: Change) => callback(kind === 'set' ? 'update' : 'remove', key);
      vault.on('change', listener);
      return () => void vault.off('change', listener);
    },

    dispose() {
      opened?.close();
      opened = undefined;
    },
  };
}

export default kvaultDriver;

/** What `getItem` returns: bytes as text, as when they are read from a file. */
// biome-ignore lint/suspicious/noExplicitAny: what a program has stored.
function asText(value: any) {
  if (value === undefined) return null;
  return isUint8Array(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString() : value;
}
