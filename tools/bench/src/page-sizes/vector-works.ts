import { VectorKVault } from '@kohakuvault/vector';
import { DIMENSIONS, embeddings } from '../suites/vector/contents.ts';
import { costOf, costOfEach } from './cost.ts';
import { placeOf } from './kv-works.ts';
import type { Setup, Work } from './work.ts';

const COUNT = 5_000;

function filled({ file, options }: Setup) {
  const vault = new VectorKVault(file, { ...options, dimensions: DIMENSIONS, metric: 'l2' });
  const vectors = [...embeddings(COUNT, 5)];
  const ids = vault.insertMany(vectors.map((vector, index) => [vector, { text: index }]));
  vault.checkpoint('truncate');
  return { vault, vectors, ids };
}

export const vectorWorks: Work[] = [
  {
    name: 'vector: insert, a commit each',
    run: async (setup) => {
      const { vault, vectors } = filled(setup);
      return costOfEach(2_000, (turn) => vault.insert(vectors[turn % COUNT] as Float32Array, { text: turn }));
    },
  },
  {
    name: 'vector: insertMany of 5,000, per vector',
    run: ({ file, options }) => {
      const vault = new VectorKVault(file, { ...options, dimensions: DIMENSIONS, metric: 'l2' });
      const rows = Array.from(embeddings(COUNT, 5), (vector, index) => [vector, { text: index }] as const);
      return costOf(COUNT, () => vault.insertMany(rows));
    },
  },
  {
    name: 'vector: delete at random, a commit each',
    run: async (setup) => {
      const { vault, ids } = filled(setup);
      const left = [...ids];
      return costOfEach(1_000, (turn) => vault.delete(left.splice(placeOf(turn, left.length), 1)[0] as never));
    },
  },
  {
    name: 'vector: the first search, which reads the file',
    run: async (setup) => {
      const { vault, vectors } = filled(setup);
      vault.close();
      using again = new VectorKVault(setup.file, { dimensions: DIMENSIONS, metric: 'l2' });
      return await costOf(1, () => again.search(vectors[0] as Float32Array, 10));
    },
  },
];
