import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Metric, VectorKVault, type VectorType } from '@kohakuvault/vector';
import { randomNumbers } from '../../random.ts';
import { keep, ourVersion } from '../bytes/kept.ts';

export const DIMENSIONS = 384;
export const VECTORS = 100_000;
const QUERIES = 200;
const TOPICS = 1_000;

/** The tables that searches look in; all contenders search the same file. */
export const TABLES = {
  cosine: { metric: 'cosine', vectorType: 'f32' },
  indexed: { metric: 'cosine', vectorType: 'f32' },
  l2: { metric: 'l2', vectorType: 'f32' },
  int8: { metric: 'l2', vectorType: 'int8' },
  bits: { metric: 'hamming', vectorType: 'bit' },
} as const satisfies Record<string, { metric: Metric; vectorType: VectorType }>;
export type Table = keyof typeof TABLES;

export function fileOf(fixtures: string, table: Table): string {
  return join(fixtures, `${table}.db`);
}

/**
 * Makes vectors like embeddings of texts: in groups of very different sizes, most of their size in few dimensions (a
 * spectrum that falls off by a power), and all in one cone rather than around the origin.
 */
export function* embeddings(count: number, seed: number): Generator<Float32Array> {
  const shared = normals(1);
  const weight = Float32Array.from({ length: DIMENSIONS }, (_, dimension) => (dimension + 1) ** -0.5);
  const vector = () => weight.map((share) => share * shared());
  const cone = vector();
  const topics = Array.from({ length: TOPICS }, vector);
  const random = randomNumbers(seed);
  const normal = normals(seed + 1);
  for (let index = 0; index < count; index++) {
    const topic = topics[Math.floor(random() ** 3 * TOPICS)] as Float32Array;
    yield weight.map(
      (share, dimension) => (cone[dimension] as number) * 0.8 + (topic[dimension] as number) + 0.6 * share * normal(),
    );
  }
}

/** Returns numbers of nearly normal distribution: each is the sum of four that are equally distributed. */
function normals(seed: number): () => number {
  const random = randomNumbers(seed);
  return () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

/** Returns the embedding in the form that a table of this type takes. */
function asType(vector: Float32Array, type: VectorType): ArrayLike<number> {
  if (type === 'f32') return vector;
  if (type === 'bit') return vector.map((value) => (value > 0 ? 1 : 0));
  return Int8Array.from(vector, (value) => Math.max(-127, Math.min(127, Math.round(value * 60))));
}

export async function makeFixtures(fixtures: string): Promise<void> {
  for (const table of Object.keys(TABLES) as Table[]) {
    const { vectorType } = TABLES[table];
    await keep(fixtures, table, `${VECTORS} ${ourVersion()}`, () => {
      using vault = new VectorKVault(fileOf(fixtures, table), { dimensions: DIMENSIONS, ...TABLES[table] });
      let index = 0;
      vault.insertMany(
        (function* rows() {
          for (const vector of embeddings(VECTORS, 2)) yield [asType(vector, vectorType), { text: index++ }] as const;
        })(),
      );
      if (table === 'indexed') vault.createIndex();
      vault.checkpoint('truncate');
    });
  }
  const queries = Buffer.concat(Array.from(embeddings(QUERIES, 3), (vector) => new Uint8Array(vector.buffer)));
  writeFileSync(join(fixtures, 'queries.f32'), queries);
}

export function queriesOf(fixtures: string, table: Table): ArrayLike<number>[] {
  const bytes = Uint8Array.from(readFileSync(join(fixtures, 'queries.f32')));
  const all = new Float32Array(bytes.buffer);
  return Array.from({ length: QUERIES }, (_, index) =>
    asType(all.slice(index * DIMENSIONS, (index + 1) * DIMENSIONS), TABLES[table].vectorType),
  );
}
