/** A library that finds the nearest vectors by cosine, as the cases on datasets use it. */
export interface Engine {
  /** Names what made its files. Undefined if it is not installed. */
  version(): string | undefined;
  /** Loads the library. */
  load(): unknown;
  /**
   * The settings of a search, each finding more than the one before: `ef`, or a recall. A search takes the first that
   * reaches the wanted recall.
   */
  readonly settings: readonly number[];
  /**
   * Stores vectors under the numbers from 0 on, in files whose names begin with a path. Returns the milliseconds that
   * the index took. Without `saves` the files need not be there at the end.
   */
  build(path: string, vectors: Iterable<Float32Array>, count: number, saves: boolean): number | Promise<number>;
  open(path: string, setting: number): Opened | Promise<Opened>;
}

// biome-ignore lint/suspicious/noExplicitAny: each engine has a form of its own for queries and results.
export interface Opened<Query = any, Found = any> {
  /** Brings a query into the form that a search takes, before it is timed. */
  query(vector: Float32Array): Query;
  search(query: Query): Found | Promise<Found>;
  /** Searches for many queries in the way that is fastest. Without it, one by one. */
  searchMany?(queries: Query[]): unknown;
  /** Returns the numbers of the vectors that a search has found. */
  numbers(found: Found): number[];
  close?(): void;
}

export const K = 10;

/** Searches for many queries. The number that it returns depends on them. */
export async function searchAll(opened: Opened, queries: unknown[]): Promise<number> {
  if (opened.searchMany) await opened.searchMany(queries);
  else for (const query of queries) await opened.search(query);
  return queries.length;
}
