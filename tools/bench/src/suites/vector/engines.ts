import type { Engine } from './engine.ts';
import { hnswlib } from './engine-hnswlib.ts';
import { kohakuvault } from './engine-kohakuvault.ts';
import { lancedb } from './engine-lancedb.ts';
import { sqliteVec } from './engine-sqlite-vec.ts';
import { usearch } from './engine-usearch.ts';

export const OURS = 'kohakuvault';

export const ENGINES = {
  [OURS]: kohakuvault,
  'hnswlib-node': hnswlib,
  usearch,
  LanceDB: lancedb,
  'sqlite-vec': sqliteVec,
} as const satisfies Record<string, Engine>;

export type EngineName = keyof typeof ENGINES;
