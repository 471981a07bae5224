import { copyFileSync } from 'node:fs';
import { VectorKVault } from '@kohakuvault/vector';
import { now } from '../../clock.ts';
import { randomNumbers } from '../../random.ts';
import { ourVersion } from '../bytes/kept.ts';
import { DIMENSIONS } from './contents.ts';
import { type Engine, K, type Opened } from './engine.ts';

/** Each vector has a number below this, at random, for conditions that a part of them meets. */
export const LOTS = 1_000;

export type Vault = VectorKVault<{ text: number }, 'auto', { lot: 'i64' }>;

export function openVault(file: string): Vault {
  return new VectorKVault(file, { dimensions: DIMENSIONS, fields: { lot: 'i64' } }) as Vault;
}

export function fillVault(vault: Vault, vectors: Iterable<Float32Array>): void {
  const random = randomNumbers(11);
  let index = 0;
  let rows: [Float32Array, { text: number }, { lot: number }][] = [];
  const insert = () => {
    vault.insertMany(rows);
    rows = [];
  };
  for (const vector of vectors) {
    rows.push([vector, { text: index++ }, { lot: Math.floor(random() * LOTS) }]);
    if (rows.length === INSERTED_TOGETHER) insert();
  }
  insert();
}

const INSERTED_TOGETHER = 20_000;

/** Ours. The file without an index is `<path>.plain.db`. */
export const kohakuvault: Engine = {
  version: ourVersion,
  load: () => VectorKVault,
  settings: [
    0.7, 0.8, 0.85, 0.9, 0.925, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999,
  ],
  build: (path, vectors, _count, saves) => {
    {
      using vault = openVault(`${path}.plain.db`);
      fillVault(vault, vectors);
      vault.checkpoint('truncate');
    }
    copyFileSync(`${path}.plain.db`, `${path}.db`);
    using vault = openVault(`${path}.db`);
    const start = now();
    vault.createIndex();
    const elapsed = now() - start;
    if (saves) vault.checkpoint('truncate');
    return elapsed;
  },
  open: (path, recall): Opened<Float32Array, { id: bigint }[]> => {
    const vault = openVault(`${path}.db`);
    const options = { k: K, mode: 'approximate', recall } as const;
    return {
      query: (vector) => vector,
      search: (query) => vault.search(query, options),
      searchMany: (queries) => vault.searchMany(queries, options),
      numbers: (found) => found.map(({ id }) => Number(id) - 1),
      close: () => vault.close(),
    };
  },
};
