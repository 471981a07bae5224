import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { lengthOf, type OpenStore, type Value } from './store.ts';

export const openKohakuVault: OpenStore = async (folder, table) => {
  const vault = new KVault<Value>(join(folder, 'ours.db'), { table });
  return {
    get: (key) => vault.get(key),
    set: (key, value) => {
      vault.set(key, value);
    },
    getMany: (keys) => vault.getMany(keys),
    setMany: (entries) => {
      vault.setMany(entries);
    },
    fill: (entries) =>
      vault.cache(() => {
        for (const [key, value] of entries) vault.set(key, value);
      }),
    scan: () => {
      let sum = 0;
      for (const [key, value] of vault.entries()) sum += key.length + lengthOf(value);
      return sum;
    },
  };
};
