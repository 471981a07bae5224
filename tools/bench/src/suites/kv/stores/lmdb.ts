import { join } from 'node:path';
import { type Entry, lengthOf, type OpenStore, type Value } from './store.ts';

/** Its own encoding (MessagePack) for objects; a file per table. */
export const openLmdb: OpenStore = async (folder, table) => {
  const { open } = await import('lmdb');
  const database = open<Value, string>({
    path: join(folder, `lmdb-${table}`),
    encoding: table === 'objects' ? 'msgpack' : 'binary',
  });
  const setMany = (entries: Entry[]): void =>
    database.transactionSync(() => {
      for (const [key, value] of entries) database.putSync(key, value);
    });
  return {
    get: (key) => database.get(key),
    set: (key, value) => {
      database.putSync(key, value);
    },
    getMany: (keys) => keys.map((key) => database.get(key)),
    setMany,
    fill: setMany,
    scan: () => {
      let sum = 0;
      for (const { key, value } of database.getRange()) sum += key.length + lengthOf(value);
      return sum;
    },
  };
};
