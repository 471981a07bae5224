// What the peers of vector search are compared on: embeddings of sentences if there are any, and synthetic vectors.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DIMENSIONS, embeddings } from './contents.ts';

/** So many vectors that are not stored are the queries. */
export const QUERIES = 200;

/** The folder that `tools/embeddings/make.py` has filled. */
const FOLDER = process.env.KOHAKUVAULT_EMBEDDINGS;
const QUICK_COUNT = 4_000;
const ROW_BYTES = DIMENSIONS * Float32Array.BYTES_PER_ELEMENT;

export interface Dataset {
  /** What the names of its files begin with. */
  readonly name: string;
  /** What the names of its cases begin with. */
  readonly title: string;
  readonly large: boolean;
  /** How many vectors are stored. */
  readonly count: number;
  /** The peers that are asked, if not all are: to make the index of one takes up to half an hour. */
  readonly peers?: readonly string[];
  /** Why it is not there. Undefined if it is. */
  readonly missing?: string;
  queries(): Float32Array[];
  /** Returns the stored vectors, at most so many. */
  vectors(most: number): Iterable<Float32Array>;
}

const MOST_SENTENCES = 81_720;

/** Embeddings of real sentences, up to 81,720. The first are the queries; the sentences are in no order. */
export const SENTENCES: Dataset = {
  name: 'sentences',
  title: 'sentences',
  large: false,
  get count() {
    const bytes = fileNames().reduce((sum, name) => sum + statSync(join(FOLDER ?? '', name)).size, 0);
    return Math.min(MOST_SENTENCES, Math.floor(bytes / ROW_BYTES) - QUERIES);
  },
  ...(FOLDER !== undefined && existsSync(FOLDER)
    ? {}
    : { missing: 'KOHAKUVAULT_EMBEDDINGS names no folder of embeddings: see tools/embeddings' }),
  queries: () => [...sentenceVectors(0, QUERIES)],
  vectors: (most) => sentenceVectors(QUERIES, most),
};

function synthetic(title: string, count: number, peers?: readonly string[]): Dataset {
  return {
    name: `clustered-${count}`,
    title: `${title} clustered`,
    large: peers !== undefined,
    count,
    ...(peers && { peers }),
    queries: () => [...embeddings(QUERIES, 3)],
    vectors: (most) => embeddings(Math.min(count, most), 2),
  };
}

/** One table of growing size, to see how the cost of a search grows. */
export const GROWING: readonly Dataset[] = [
  synthetic('82,000', 82_000),
  synthetic('330,000', 330_000, []),
  synthetic('1,000,000', 1_000_000, ['hnswlib-node']),
];

export const DATASETS: readonly Dataset[] = [SENTENCES, ...GROWING];

function fileNames(): string[] {
  const names = readdirSync(FOLDER ?? '').filter((name) => name.endsWith('.f32'));
  return names.sort();
}

/** How many vectors of a dataset a run stores. */
export function storedCount({ count }: Dataset, quick: boolean): number {
  return quick ? Math.min(count, QUICK_COUNT) : count;
}

function* sentenceVectors(skip: number, most: number): Generator<Float32Array> {
  let [at, given] = [0, 0];
  for (const name of fileNames()) {
    const bytes = readFileSync(join(FOLDER ?? '', name));
    for (let start = 0; start + ROW_BYTES <= bytes.length; start += ROW_BYTES, at++) {
      if (at < skip) continue;
      if (given++ >= most) return;
      yield new Float32Array(Uint8Array.from(bytes.subarray(start, start + ROW_BYTES)).buffer);
    }
  }
}
