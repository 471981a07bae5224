import { now } from '../../clock.ts';
import { vectorPeer, vectorPeerVersion } from '../../vector-peers.ts';
import { DIMENSIONS } from './contents.ts';
import { type Engine, K, type Opened } from './engine.ts';

const NAME = 'hnswlib-node';

interface Found {
  neighbors: number[];
}

interface Hnswlib {
  HierarchicalNSW: new (
    space: 'cosine',
    dimensions: number,
  ) => {
    initIndex(mostElements: number): void;
    addPoint(vector: number[], label: number): void;
    setEf(ef: number): void;
    searchKnn(query: number[], k: number): Found;
    writeIndexSync(file: string): void;
    readIndexSync(file: string): void;
  };
}

/** The settings of its index are its own: m = 16 and efConstruction = 200. */
export const hnswlib: Engine = {
  version: () => vectorPeerVersion(NAME),
  load: () => vectorPeer(NAME),
  settings: [16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512],
  build: (path, vectors, count, saves) => {
    const index = new (vectorPeer<Hnswlib>(NAME).HierarchicalNSW)('cosine', DIMENSIONS);
    index.initIndex(count);
    let [label, elapsed] = [0, 0];
    for (const vector of vectors) {
      const values = [...vector];
      const start = now();
      index.addPoint(values, label++);
      elapsed += now() - start;
    }
    if (saves) index.writeIndexSync(`${path}.hnswlib`);
    return elapsed;
  },
  open: (path, ef): Opened<number[], Found> => {
    const index = new (vectorPeer<Hnswlib>(NAME).HierarchicalNSW)('cosine', DIMENSIONS);
    index.readIndexSync(`${path}.hnswlib`);
    index.setEf(ef);
    return {
      query: (vector) => [...vector],
      search: (query) => index.searchKnn(query, K),
      numbers: ({ neighbors }) => neighbors,
    };
  },
};
