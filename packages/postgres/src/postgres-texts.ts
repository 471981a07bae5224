import { checkId, describe, type IdRange, InvalidArgument, type RowId } from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import {
  type AsyncTexts,
  checkSuggest,
  planQuery,
  planSearch,
  type StoredDocument,
  type Suggestion,
  type TextChanges,
  type TextInfo,
  type TextQueryOptions,
  type TextResult,
  type TextSearchOptions,
  type Texts,
} from '@kohakuvault/text/internal';
import { CopiedTexts } from './texts/copied-texts.ts';
import { findExact } from './texts/exact-texts.ts';
import { GivenTexts } from './texts/given-texts.ts';
import { readQuery } from './texts/read-query.ts';
import { suggestTerms } from './texts/suggestions.ts';
import type { TextContext } from './texts/text-context.ts';
import { textPages } from './texts/text-pages.ts';
import { countMatches, type FoundText, TextSearch } from './texts/text-search.ts';
import { TextWrites } from './texts/text-writes.ts';

/** The method for those who copy a table. */
export const storedTexts = Symbol('kohakuvault.stored texts');

/** Texts with values on a PostgreSQL server, found by their words. See `AsyncTexts` for what its calls do. */
export class PostgresTexts<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  F extends string = 'content',
  E extends ValueEncoding = ValueEncoding,
> implements AsyncTexts<V, F, E>
{
  readonly #context: TextContext;
  readonly #given: GivenTexts;
  readonly #writes: TextWrites;

  /** @internal */
  constructor(context: TextContext) {
    this.#context = context;
    this.#given = new GivenTexts(context);
    this.#writes = new TextWrites(context);
  }

  async insert(texts: Texts<F>, value?: EncodedInput<V, E>, options?: { id?: RowId | undefined }): Promise<bigint> {
    const document = await this.#given.document(texts, value, options);
    const [id] = await this.#writes.insert('insert', [document]);
    return id as bigint;
  }

  async insertMany(documents: Iterable<readonly [texts: Texts<F>, value?: EncodedInput<V, E>]>): Promise<bigint[]> {
    return await this.#writes.insert('insertMany', await this.#given.documents(documents));
  }

  async search(
    query: string,
    options?: number | TextSearchOptions<EncodedOutput<V, E>, F>,
  ): Promise<TextResult<EncodedOutput<V, E>, F>[]> {
    const context = await this.#ready();
    const { names: columns } = context.columns;
    const searched = { columns, tokenizer: context.tokenizer };
    const plan = planSearch<EncodedOutput<V, E>, F>('search', searched, query, options);
    const expression = readQuery(context, plan);
    if (!expression) return [];
    const search = new TextSearch(context, plan as never, expression);
    const results = await this.#decoded(async () => {
      const found = await search.run((stored, id) => this.#decode(stored, id));
      return found.map((one) => this.#resultOf(one));
    });
    for (const result of results) search.explain(result);
    return results;
  }

  async count(query: string, options?: TextQueryOptions<F>): Promise<number> {
    const context = await this.#ready();
    const searched = { columns: context.columns.names, tokenizer: context.tokenizer };
    const plan = planQuery('count', searched, query, options);
    const expression = readQuery(context, plan);
    return expression ? await countMatches(context, plan, expression) : 0;
  }

  async getById(id: RowId): Promise<StoredDocument<EncodedOutput<V, E>, F> | undefined> {
    const checked = checkId('getById', id);
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.get, [String(checked)]));
    return rows[0] && (await this.#made(rows[0]));
  }

  async get(texts: Texts<F>): Promise<EncodedOutput<V, E> | undefined> {
    const wanted = this.#context.columns.read('get', texts);
    const found = await findExact(await this.#ready(), wanted);
    return found && (await this.#made(found)).value;
  }

  async has(id: RowId): Promise<boolean> {
    const checked = checkId('has', id);
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.has, [String(checked)]));
    return rows.length > 0;
  }

  async update(id: RowId, changes: TextChanges<EncodedInput<V, E>, F>): Promise<boolean> {
    const checked = checkId('update', id);
    return await this.#writes.update(checked, await this.#given.changes(changes));
  }

  async delete(id: RowId): Promise<boolean> {
    const checked = checkId('delete', id);
    await this.#ready();
    return (await this.#writes.delete([checked])) > 0;
  }

  async deleteMany(ids: Iterable<RowId>): Promise<number> {
    if (typeof (ids as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' || typeof ids === 'string') {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(ids)}`);
    }
    const checked = Array.from(ids, (id) => checkId('deleteMany', id));
    await this.#ready();
    return await this.#writes.delete(checked);
  }

  async clear(): Promise<void> {
    await this.#ready();
    await this.#writes.clear();
  }

  async size(): Promise<number> {
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.size));
    return rows[0]?.[0] as number;
  }

  async info(): Promise<TextInfo<F>> {
    const count = await this.size();
    const { table, tokenizer, columns } = this.#context;
    return { table, columns: [...columns.names] as F[], tokenizer, prefixes: [], count };
  }

  async suggest(prefix: string, k = 10): Promise<Suggestion[]> {
    checkSuggest(prefix, k);
    return await suggestTerms(await this.#ready(), prefix, k);
  }

  async *keys(range?: IdRange): AsyncGenerator<bigint, void, undefined> {
    for await (const [id] of textPages(this.#context, 'keys', range)) yield BigInt(id as string);
  }

  async *entries(
    range?: IdRange,
  ): AsyncGenerator<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>], void, undefined> {
    for await (const row of textPages(this.#context, 'entries', range)) {
      const { id, texts, value } = await this.#made(row);
      yield [id, texts, value];
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<
    [id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>],
    void,
    undefined
  > {
    return this.entries();
  }

  get valueEncoding(): string {
    return this.#context.codec.encoding;
  }

  get table(): string {
    return this.#context.table;
  }

  get open(): boolean {
    return this.#context.open;
  }

  /** @internal Reads and writes documents as they are stored, for those who copy them. */
  get [storedTexts](): CopiedTexts {
    return new CopiedTexts(this.#context, this.#writes);
  }

  /** Deletes the table with all documents, and closes the vault. */
  async dropTable(): Promise<void> {
    const { catalog, executor, table, sql } = await this.#ready();
    await catalog.remove(executor, table, async (session) => {
      await session.query(`DROP TABLE ${sql.table}`);
      await session.query(`DELETE FROM ${catalog.structuresTable} WHERE vault = $1`, [table]);
    });
    await this.close();
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<TextContext> {
    await this.#context.ready();
    return this.#context;
  }

  async #made(row: readonly unknown[]): Promise<StoredDocument<EncodedOutput<V, E>, F>> {
    const [id, stored, ...texts] = row as [string, Buffer, ...string[]];
    const value = await this.#decoded(async () => this.#decode(stored, BigInt(id)));
    return { id: BigInt(id), texts: this.#context.columns.make(texts) as Record<F, string>, value };
  }

  #resultOf({ id, score, stored, texts }: FoundText): TextResult<EncodedOutput<V, E>, F> {
    const made = this.#context.columns.make(texts) as Record<F, string>;
    return { id, score, texts: made, value: this.#decode(stored, id) };
  }

  #decode(stored: Buffer, id: bigint): EncodedOutput<V, E> {
    return this.#context.codec.decode(stored, id) as EncodedOutput<V, E>;
  }

  #decoded<T>(decode: () => Promise<T>): Promise<T> {
    return this.#context.structures.decode(this.#context.executor, decode);
  }
}
