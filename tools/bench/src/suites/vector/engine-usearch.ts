import { now } from '../../clock.ts';
import { vectorPeer, vectorPeerVersion } from '../../vector-peers.ts';
import { DIMENSIONS } from './contents.ts';
import { type Engine, K, type Opened } from './engine.ts';

const NAME = 'usearch';
/** So many vectors are added together, in as many threads as there are cores. */
const TOGETHER = 10_000;

interface Found {
  keys: BigUint64Array;
}

interface Usearch {
  Index: new (options: {
    metric: 'cos';
    dimensions: number;
    quantization: 'f32';
    connectivity: number;
    expansion_add: number;
    expansion_search: number;
  }) => {
    add(keys: BigUint64Array, vectors: Float32Array, threads?: number): void;
    search(queries: Float32Array, k: number, threads?: number): Found;
    save(file: string): void;
    load(file: string): void;
  };
}

function indexOf(ef: number) {
  // The settings of its index are its own.
  return new (vectorPeer<Usearch>(NAME).Index)({
    metric: 'cos',
    dimensions: DIMENSIONS,
    quantization: 'f32',
    connectivity: 16,
    expansion_add: 128,
    expansion_search: ef,
  });
}

export const usearch: Engine = {
  version: () => vectorPeerVersion(NAME),
  load: () => vectorPeer(NAME),
  settings: [16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512],
  build: (path, vectors, count, saves) => {
    const index = indexOf(64);
    let [done, filled, elapsed] = [0, 0, 0];
    const part = new Float32Array(Math.min(TOGETHER, count) * DIMENSIONS);
    const add = () => {
      const keys = BigUint64Array.from({ length: filled }, (_, at) => BigInt(done + at));
      const start = now();
      index.add(keys, part.subarray(0, filled * DIMENSIONS));
      elapsed += now() - start;
      done += filled;
      filled = 0;
    };
    for (const vector of vectors) {
      part.set(vector, filled++ * DIMENSIONS);
      if (filled * DIMENSIONS === part.length) add();
    }
    if (filled > 0) add();
    if (saves) index.save(`${path}.usearch`);
    return elapsed;
  },
  open: (path, ef): Opened<Float32Array, Found> => {
    const index = indexOf(ef);
    index.load(`${path}.usearch`);
    return {
      query: (vector) => vector,
      search: (query) => index.search(query, K),
      searchMany: (queries) => {
        const all = new Float32Array(queries.length * DIMENSIONS);
        for (const [at, query] of queries.entries()) all.set(query, at * DIMENSIONS);
        return index.search(all, K);
      },
      numbers: ({ keys }) => Array.from(keys, Number),
    };
  },
};
