import { join } from 'node:path';
import { type Entry, lengthOf, type OpenStore, type Value } from './store.ts';

/** Its own encodings; a folder per table. It writes and scans asynchronously only. */
export const openClassicLevel: OpenStore = async (folder, table) => {
  const { ClassicLevel } = await import('classic-level');
  const database = new ClassicLevel<string, Value>(join(folder, `level-${table}`), {
    valueEncoding: table === 'objects' ? 'json' : 'buffer',
  });
  await database.open();
  const setMany = (entries: Entry[]): Promise<void> =>
    database.batch(entries.map(([key, value]) => ({ type: 'put', key, value })));
  return {
    get: (key) => database.getSync(key),
    set: (key, value) => database.put(key, value),
    getMany: (keys) => database.getMany(keys),
    setMany,
    fill: setMany,
    scan: async () => {
      let sum = 0;
      for await (const [key, value] of database.iterator()) sum += key.length + lengthOf(value);
      return sum;
    },
  };
};
