import { peerVersion } from '../bytes/kept.ts';
import { DIMENSIONS } from './contents.ts';
import { type Engine, K, type Opened } from './engine.ts';
import { openSqliteVec } from './peers.ts';

/** It compares all vectors, so it has no setting, and finds all. */
export const sqliteVec: Engine = {
  version: () => {
    const version = peerVersion('sqlite-vec');
    return version === 'none' ? undefined : version;
  },
  load: () => import('sqlite-vec'),
  settings: [0],
  build: async (path, vectors) => {
    const database = await openSqliteVec(`${path}.sqlite-vec.db`);
    database.exec(`CREATE VIRTUAL TABLE v USING vec0(vector float[${DIMENSIONS}] distance_metric=cosine)`);
    const insert = database.prepare('INSERT INTO v (rowid, vector) VALUES (?, ?)');
    database.transaction(() => {
      let number = 0n;
      for (const vector of vectors) insert.run(number++, bytesOf(vector));
    })();
    database.close();
    // It has no index.
    return 0;
  },
  open: async (path): Promise<Opened<Uint8Array, { rowid: number }[]>> => {
    const database = await openSqliteVec(`${path}.sqlite-vec.db`);
    const search = database.prepare('SELECT rowid, distance FROM v WHERE vector MATCH ? AND k = ?');
    return {
      query: bytesOf,
      search: (query) => search.all(query, K) as { rowid: number }[],
      numbers: (found) => found.map(({ rowid }) => rowid),
    };
  },
};

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
