import {
  ALL_IDS,
  checkId,
  checkOptions,
  describe,
  type IdRange,
  InvalidArgument,
  type ResolvedIds,
  type RowId,
  resolveIds,
} from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import {
  type AsyncTexts,
  checkSuggest,
  planQuery,
  planSearch,
  type QueryPlan,
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
import { type Expression, readExpression } from './texts/expression.ts';
import { suggestTerms } from './texts/suggestions.ts';
import type { TextContext } from './texts/text-context.ts';
import { countMatches, type FoundText, TextSearch } from './texts/text-search.ts';
import { type NewText, TextWrites } from './texts/text-writes.ts';

/** The method for those who copy a table. */
export const storedTexts = Symbol('kohakuvault.stored texts');

/** The greatest id that a user may give: numbers up to it are exact. */
const MOST_GIVEN = BigInt(Number.MAX_SAFE_INTEGER);
const ANYTHING = { expected: 'anything', accepts: () => true };
const PAGE = 128;

/** Texts with values on a PostgreSQL server, found by their words. See `AsyncTexts` for what its calls do. */
export class PostgresTexts<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  F extends string = 'content',
  E extends ValueEncoding = ValueEncoding,
> implements AsyncTexts<V, F, E>
{
  readonly #context: TextContext;
  readonly #writes: TextWrites;

  /** @internal */
  constructor(context: TextContext) {
    this.#context = context;
    this.#writes = new TextWrites(context);
  }

  async insert(texts: Texts<F>, value?: EncodedInput<V, E>, options?: { id?: RowId | undefined }): Promise<bigint> {
    checkOptions('insert', options, { id: ANYTHING });
    const document = await this.#written(() => this.#document('insert', texts, value, options?.id));
    const [id] = await this.#writes.insert('insert', [document]);
    return id as bigint;
  }

  async insertMany(documents: Iterable<readonly [texts: Texts<F>, value?: EncodedInput<V, E>]>): Promise<bigint[]> {
    if (typeof (documents as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [texts, value] pairs, got ${describe(documents)}`);
    }
    const given = Array.from(documents as Iterable<unknown>);
    const all = await this.#written(() =>
      given.map((document, number) => {
        const owner = `insertMany: document ${number}`;
        if (!Array.isArray(document) || document.length < 1 || document.length > 2) {
          throw new InvalidArgument(`${owner} is ${describe(document)}; expected a [texts, value] pair`);
        }
        return this.#document(owner, document[0], document[1], undefined);
      }),
    );
    return await this.#writes.insert('insertMany', all);
  }

  async search(
    query: string,
    options?: number | TextSearchOptions<EncodedOutput<V, E>, F>,
  ): Promise<TextResult<EncodedOutput<V, E>, F>[]> {
    const context = await this.#ready();
    const { names: columns } = context.columns;
    const searched = { columns, tokenizer: context.tokenizer };
    const plan = planSearch<EncodedOutput<V, E>, F>('search', searched, query, options);
    const expression = this.#expressionOf(plan);
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
    const expression = this.#expressionOf(plan);
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
    checkOptions('update', changes, { texts: ANYTHING, value: ANYTHING });
    const { texts, value } = changes ?? {};
    if (texts === undefined && value === undefined) {
      throw new InvalidArgument('update expects { texts }, { value } or both, got neither');
    }
    const given = texts === undefined ? undefined : this.#context.columns.readSome('update', texts);
    const update = await this.#written(() => ({
      texts: given?.map((text) => text && this.#text('update', text)),
      value: value === undefined ? undefined : Buffer.from(this.#context.codec.encode(value, 'update')),
    }));
    return await this.#writes.update(checked, update);
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
    for await (const [id] of this.#pages('keys', range)) yield BigInt(id as string);
  }

  async *entries(
    range?: IdRange,
  ): AsyncGenerator<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>], void, undefined> {
    for await (const row of this.#pages('entries', range)) {
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

  /** Reads the query of a plan. A raw one is read alone first: behind names of columns it could leave them. */
  #expressionOf({ query, match, expression }: QueryPlan): Expression | undefined {
    if (expression === undefined) return undefined;
    const { columns, tokenize } = this.#context;
    const searched = { columns: columns.names, tokenize };
    if (match !== 'raw') return readExpression(expression, searched);
    const nul = query.indexOf('\0');
    if (nul >= 0) throw new InvalidArgument(`the raw query has a NUL at position ${nul}; leave it out`);
    const own = readExpression(query, searched);
    return own && expression !== query ? readExpression(expression, searched) : own;
  }

  #document(owner: string, texts: unknown, value: unknown, id: RowId | undefined): NewText {
    const read = this.#context.columns.read(owner, texts).map((text) => this.#text(owner, text));
    const given = id === undefined ? undefined : checkId(owner, id);
    if (given !== undefined && (given < 1n || given > MOST_GIVEN)) {
      throw new InvalidArgument(`${owner}: the id is ${given}; expected a whole number from 1 to ${MOST_GIVEN}`);
    }
    const encoded = this.#context.codec.encode(value === undefined ? null : value, owner);
    return { id: given, value: Buffer.from(encoded), texts: read };
  }

  /** Returns a text as it is stored: without halves of characters. */
  #text(owner: string, text: string): string {
    const nul = text.indexOf('\0');
    if (nul < 0) return text.toWellFormed();
    throw new InvalidArgument(
      `${owner}: the text has a NUL at position ${nul}, which PostgreSQL cannot store; leave it out`,
    );
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

  /** Encodes values now, and again if that has shown structures that they can share. */
  async #written<T>(encode: () => T): Promise<T> {
    const encoded = encode();
    const { structures, executor } = await this.#ready();
    if (!structures.wants) return encoded;
    await structures.share(executor);
    return encode();
  }

  async *#pages(owner: string, range: IdRange | undefined): AsyncGenerator<readonly unknown[], void, undefined> {
    let rest: ResolvedIds = range === undefined ? ALL_IDS : resolveIds(owner, range);
    const { executor, sql } = await this.#ready();
    const [forwards, backwards] = owner === 'keys' ? [sql.ids, sql.idsBackwards] : [sql.page, sql.pageBackwards];
    while (rest.limit > 0 && rest.first <= rest.last) {
      const limit = Math.min(PAGE, rest.limit);
      const parameters = [String(rest.first), String(rest.last), limit];
      const { rows } = await executor.read((session) => session.query(rest.reverse ? backwards : forwards, parameters));
      yield* rows;
      const last = rows.at(-1)?.[0];
      if (last === undefined || rows.length < limit) return;
      const id = BigInt(last as string);
      rest = { ...rest, limit: rest.limit - rows.length, ...(rest.reverse ? { last: id - 1n } : { first: id + 1n }) };
    }
  }
}
