import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { FieldTypes, IdKind, IdOf, SearchResult, VectorLike } from '@kohakuvault/vector/internal';
import { type Found, search } from './search.ts';
import { type PostgresSearchOptions, planSearch, queryOf } from './search-plan.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import { VectorRows } from './vector-rows.ts';

/** The methods of vectors that search. */
export abstract class SearchMethods<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind> {
  /** @internal */
  protected readonly context: VectorContext;
  /** @internal */
  protected readonly rows: VectorRows;

  /** @internal */
  constructor(context: VectorContext) {
    this.context = context;
    this.rows = new VectorRows(context);
  }

  async search(
    query: VectorLike,
    options?: number | PostgresSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[]> {
    const [found] = await this.#search('search', [query], options, () => 'search');
    return found as SearchResult<EncodedOutput<V, E>, IdOf<K>>[];
  }

  async searchMany(
    queries: Iterable<VectorLike>,
    options?: number | PostgresSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    if (typeof (queries as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`searchMany expects an iterable of vectors, got ${describe(queries)}`);
    }
    return await this.#search('searchMany', Array.from(queries), options, (nth) => `searchMany: query ${nth}`);
  }

  async get(query: VectorLike): Promise<EncodedOutput<V, E> | undefined> {
    return (await this.search(query, 1))[0]?.value;
  }

  async #search(
    owner: string,
    queries: readonly unknown[],
    options: unknown,
    ownerOf: (nth: number) => string,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    const { context } = this;
    if (!context.isReady) await context.ready();
    const plan = planSearch(owner, context, options);
    const encoded = queries.map((query, nth) => queryOf(ownerOf(nth), context, query, plan.metric));
    await context.ready();
    return await this.rows.decoded(async () => {
      const found = await search(context, plan, encoded, (stored, id) => this.#decode(stored, id));
      return found.map((results) => results.map((one) => this.#resultOf(one)));
    });
  }

  #resultOf({ id, distance, stored }: Found): SearchResult<EncodedOutput<V, E>, IdOf<K>> {
    return { id: id as IdOf<K>, distance, value: this.#decode(stored, id) };
  }

  #decode(stored: Buffer, id: VectorId): EncodedOutput<V, E> {
    return this.rows.decodeValue(stored, id) as EncodedOutput<V, E>;
  }
}
