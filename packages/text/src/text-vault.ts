import {
  checkId,
  checkOptions,
  describe,
  type IdRange,
  InvalidArgument,
  idsAfter,
  idsOf,
  type OptionRule,
  type ResolvedIds,
  type RowId,
  resolveIds,
} from '@kohakuvault/core-native/internal';
import {
  type Connection,
  type DatabaseSource,
  openVault,
  quoteIdentifier,
  readsStored,
  refuseSwitch,
  TableUsers,
  Vault,
} from '@kohakuvault/core-native/internal/database';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { TextDeclaration } from './declaration.ts';
import { findExact } from './exact-texts.ts';
import type { TextResult } from './found/explained.ts';
import { type MergeOptions, type MergeResult, mergeIndex } from './index-merge.ts';
import { optionsOf, type TextVaultOptions } from './options.ts';
import { Records } from './records.ts';
import { planQuery, planSearch, type TextQueryOptions, type TextSearchOptions } from './search-options.ts';
import type { Suggestion } from './suggestions.ts';
import { dropTextTable, openTextTable, renameTextTable, type TableNames, tableNames } from './table.ts';
import { type StoredText, TextRows } from './text-rows.ts';
import { checkRaw, countMatches, TextSearch, type TextSource } from './text-search.ts';
import { TextColumns, type Texts } from './texts.ts';
import { TextValues } from './values.ts';
import { suggestTerms } from './vocabulary.ts';
import { Writer } from './writer.ts';

/** The changes of an update: texts, the value, or both. With several columns, texts that are left out stay. */
export interface TextChanges<V, F extends string> {
  texts?: string | { readonly [column in F]?: string | undefined } | undefined;
  value?: V | undefined;
}

/** A document as it is stored. */
export interface StoredDocument<V, F extends string> {
  id: bigint;
  texts: Record<F, string>;
  value: V;
}

export interface TextInfo<F extends string> {
  table: string;
  columns: readonly F[];
  tokenizer: string;
  prefixes: readonly number[];
  count: number;
}

/** The number of documents that an iteration reads together. */
const PAGE_ROWS = 128;
/** The number after the loop has changed something, which makes documents that were read ahead stale. */
const ROWS_AFTER_CHANGE = 2;
/** Packed documents of this length are handed to the core together. */
const BATCH_BYTES = 256 * 1024;
const FIRST_BYTES = 4 * 1024;
/** The greatest id that a user may give: numbers up to it are exact. */
const MOST_GIVEN = BigInt(Number.MAX_SAFE_INTEGER);

const ANYTHING: OptionRule = { expected: 'anything', accepts: () => true };

/**
 * Stores texts with values in a table of an SQLite file, and finds those that have the words of a query. `V` is the type
 * of the values, anything by default; `F` has the names of the columns. `E` is the `valueEncoding`, as in a KVault.
 */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class TextVault<V = any, F extends string = 'content', E extends ValueEncoding = ValueEncoding> extends Vault {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #declared: TextDeclaration;
  readonly #source: TextSource;
  readonly #writer: Writer;
  readonly #users: TableUsers;
  readonly #options: TextVaultOptions<F>;

  constructor(source: DatabaseSource, options?: TextVaultOptions<F, E>) {
    const { own, connection: given } = optionsOf(options as TextVaultOptions<string> | undefined);
    const names = tableNames(own.table);
    const parts = openVault(source, given, (connection) => {
      const declared = openTextTable(connection, names, own.asked);
      const values = new TextValues(connection, names, own);
      if (!readsStored(options)) values.agreeOnEncoding();
      return { connection, declared, values, users: TableUsers.join(connection, own.table) };
    });
    const { connection, declared, values } = parts;
    super(connection);
    this.#connection = connection;
    this.#names = names;
    this.#declared = declared;
    this.#users = parts.users;
    this.#options = { ...options } as TextVaultOptions<F>;
    const rows = new TextRows(connection, names, declared.columns);
    this.#writer = new Writer(connection, names, rows, declared.columns);
    const columns = new TextColumns(declared.columns);
    this.#source = { connection, names, columns, tokenizer: declared.tokenizer, weights: own.weights, rows, values };
  }

  /** Inserts a document. Returns its id, which is never used again. Without a value, the value is null. */
  insert(texts: Texts<F>, value?: EncodedInput<V, E>, options?: { id?: RowId | undefined }): bigint {
    checkOptions('insert', options, { id: ANYTHING });
    this.#connection.checkWritable();
    const records = new Records(FIRST_BYTES);
    this.#pack(records, 'insert', texts, value, options?.id);
    return this.#writer.insertOne(records);
  }

  /** Inserts many documents in one transaction, or none if one is refused. Returns their ids. */
  insertMany(documents: Iterable<readonly [texts: Texts<F>, value?: EncodedInput<V, E>]>): bigint[] {
    if (typeof (documents as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [texts, value] pairs, got ${describe(documents)}`);
    }
    this.#connection.checkWritable();
    // All are read and checked before anything is written.
    const all: Records[] = [];
    let records: Records | undefined;
    let number = 0;
    for (const document of documents) {
      const { length } = Array.isArray(document) ? (document as readonly unknown[]) : [];
      if (length < 1 || length > 2) {
        throw new InvalidArgument(
          `insertMany: document ${number} is ${describe(document)}; expected a [texts, value] pair`,
        );
      }
      if (!records || records.length >= BATCH_BYTES) {
        records = new Records(all.length === 0 ? FIRST_BYTES : BATCH_BYTES + FIRST_BYTES);
        all.push(records);
      }
      this.#pack(records, `insertMany: document ${number}`, document[0], document[1], undefined);
      number++;
    }
    return this.#writer.insert(all);
  }

  /** Returns the documents that match a query best, the best first. Equally good ones come by their ids. */
  search(
    query: string,
    options?: number | TextSearchOptions<EncodedOutput<V, E>, F>,
  ): TextResult<EncodedOutput<V, E>, F>[] {
    this.#connection.assertOpen();
    const plan = planSearch<EncodedOutput<V, E>, F>('search', this.#declared, query, options);
    checkRaw(this.#source, plan);
    if (plan.expression === undefined) return [];
    return new TextSearch<EncodedOutput<V, E>, F>(this.#source, plan, plan.expression).run();
  }

  /** Returns how many documents match a query. */
  count(query: string, options?: TextQueryOptions<F>): number {
    this.#connection.assertOpen();
    const plan = planQuery('count', this.#declared, query, options);
    checkRaw(this.#source, plan);
    return countMatches(this.#source, plan);
  }

  getById(id: RowId): StoredDocument<EncodedOutput<V, E>, F> | undefined {
    const stored = this.#source.rows.get(checkId('getById', id));
    return stored && this.#made(stored);
  }

  /** Returns the value of the document with exactly this text, or these texts. Undefined if there is none. */
  get(texts: Texts<F>): EncodedOutput<V, E> | undefined {
    const wanted = this.#source.columns.read('get', texts);
    const found = this.#connection.consistently(() => findExact(this.#source, wanted));
    return found && this.#made(found).value;
  }

  has(id: RowId): boolean {
    return this.#source.rows.has(checkId('has', id));
  }

  /** Changes texts, the value, or both. Returns false if the id does not exist. */
  update(id: RowId, changes: TextChanges<EncodedInput<V, E>, F>): boolean {
    const checked = checkId('update', id);
    checkOptions('update', changes, { texts: ANYTHING, value: ANYTHING });
    const { texts, value } = changes ?? {};
    if (texts === undefined && value === undefined) {
      throw new InvalidArgument('update expects { texts }, { value } or both, got neither');
    }
    const { columns, values } = this.#source;
    this.#connection.checkWritable();
    return this.#writer.update(checked, {
      texts: texts === undefined ? undefined : columns.readSome('update', texts),
      value: value === undefined ? undefined : values.codec.encode(value, 'update'),
    });
  }

  /** Deletes a document and its value. Returns false if the id does not exist. */
  delete(id: RowId): boolean {
    const checked = checkId('delete', id);
    this.#connection.checkWritable();
    return this.#writer.delete([checked]) > 0;
  }

  /** Deletes many documents and their values in one transaction. Returns how many of the ids existed. */
  deleteMany(ids: Iterable<RowId>): number {
    if (typeof (ids as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' || typeof ids === 'string') {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(ids)}`);
    }
    const checked = idsOf('deleteMany', ids);
    this.#connection.checkWritable();
    return this.#writer.delete(checked);
  }

  /** Deletes all documents and values. Their ids are not used again. */
  clear(): void {
    this.#connection.checkWritable();
    this.#writer.clear();
  }

  /** The number of documents. */
  get size(): number {
    return this.#source.rows.count;
  }

  info(): TextInfo<F> {
    const { columns, tokenizer, prefixes } = this.#declared;
    return {
      table: this.table,
      columns: [...columns] as F[],
      tokenizer,
      prefixes: [...prefixes],
      count: this.size,
    };
  }

  /**
   * Returns the words of the documents that begin with a text, those in the most documents first. Words are as the
   * tokenizer has them: without accents and in lower case, under 'porter' as stems.
   */
  suggest(prefix: string, k = 10): Suggestion[] {
    return suggestTerms(this.#source, prefix, k);
  }

  /**
   * Merges the parts of the index that FTS5 makes as documents are written, so that searches read fewer. Works in short
   * transactions, between which others write.
   */
  merge(options?: MergeOptions): MergeResult {
    this.#connection.checkWritable();
    return mergeIndex(this.#source, options);
  }

  /** Iterates over the ids in a range, by default all of them in ascending order. */
  *keys(range?: IdRange): Generator<bigint> {
    const ids = resolveIds('keys', range);
    yield* this.#iterate(
      ids,
      (page) => page,
      (id) => id,
    );
  }

  /**
   * Iterates over the documents in a range of ids. Like a `Map`, it yields each document as it is when its turn comes:
   * it reads a page at a time, and reads the rest of a page again after any change.
   */
  *entries(range?: IdRange): Generator<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>]> {
    const ids = resolveIds('entries', range);
    const documents = this.#iterate(
      ids,
      (page) => this.#source.rows.all(page),
      ({ id }) => id,
    );
    for (const stored of documents) {
      const { id, texts, value } = this.#made(stored);
      yield [id, texts, value];
    }
  }

  /** Iterates over all documents, by ascending id. */
  [Symbol.iterator](): Generator<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>]> {
    return this.entries();
  }

  /** The name of the encoding of the values: 'auto', or what the file keeps. */
  get valueEncoding(): string {
    return this.#codec.encoding;
  }

  /** Encodes values of any kind, with headers. `structured: false` refuses values that Python cannot read. */
  enableAutoPack(options: { structured?: boolean } = {}): void {
    refuseSwitch('enableAutoPack', this.table, this.valueEncoding);
    this.#codec.enableAutoPack(options);
  }

  /** Accepts bytes only, and returns the stored bytes, headers included. */
  disableAutoPack(): void {
    refuseSwitch('disableAutoPack', this.table, this.valueEncoding);
    this.#codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.autoPack;
  }

  enableHeaders(): void {
    refuseSwitch('enableHeaders', this.table, this.valueEncoding);
    this.#codec.headers = true;
  }

  disableHeaders(): void {
    refuseSwitch('disableHeaders', this.table, this.valueEncoding);
    this.#codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.headers;
  }

  get table(): string {
    return this.#names.table;
  }

  /** Deletes the tables with all documents, and closes the vault. Refused while another vault has them open. */
  dropTable(): void {
    this.#refuseOthers('dropTable');
    this.#source.rows.forget();
    dropTextTable(this.#connection, this.#names);
    this.close();
  }

  /**
   * Gives the tables another name, which no table may have. Closes this vault, and returns one with the same options on
   * the tables. Refused while another vault has them open.
   */
  renameTable(name: string): TextVault<V, F, E> {
    this.#refuseOthers('renameTable');
    this.#source.rows.forget();
    renameTextTable(this.#connection, this.#names, name);
    const renamed = vaultOf<V, F, E>(this, { ...this.#options, table: name });
    // Of an earlier table of this name.
    renamed.#source.rows.forget();
    this.close();
    return renamed;
  }

  get #codec(): TextValues['codec'] {
    return this.#source.values.codec;
  }

  #refuseOthers(method: string): void {
    this.#connection.assertOpen();
    this.#connection.checkWritable();
    this.#users.refuseOthers(method, `the table ${quoteIdentifier(this.table)}`);
  }

  #pack(records: Records, owner: string, texts: unknown, value: unknown, id: RowId | undefined): void {
    const { columns, values } = this.#source;
    const read = columns.read(owner, texts);
    const given = id === undefined ? undefined : checkId(owner, id);
    if (given !== undefined && (given < 1n || given > MOST_GIVEN)) {
      throw new InvalidArgument(`${owner}: the id is ${given}; expected a whole number from 1 to ${MOST_GIVEN}`);
    }
    records.add(given, values.codec.encode(value === undefined ? null : value, owner), read);
  }

  #made({ id, texts, value }: StoredText): StoredDocument<EncodedOutput<V, E>, F> {
    const { columns, values } = this.#source;
    return {
      id,
      texts: columns.make(texts) as Record<F, string>,
      value: values.decode(value, id) as EncodedOutput<V, E>,
    };
  }

  /** Yields what `read` makes of the ids, page by page, each as it is when its turn comes. */
  *#iterate<Item>(
    range: ResolvedIds,
    read: (page: BigInt64Array) => Iterable<Item>,
    idOf: (item: Item) => bigint,
  ): Generator<Item> {
    let left = range;
    let most = PAGE_ROWS;
    while (left.limit > 0) {
      const stamp = this.#connection.stamp();
      const items = this.#connection.snapshot(() => [...read(this.#source.rows.ids(left, most))]);
      if (items.length === 0) return;
      most = Math.min(PAGE_ROWS, most * 2);
      for (const item of items) {
        yield item;
        left = idsAfter(left, idOf(item));
        if (this.#connection.stamp() === stamp) continue;
        most = ROWS_AFTER_CHANGE;
        break;
      }
    }
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, F extends string, E extends ValueEncoding>(
  source: DatabaseSource,
  options: TextVaultOptions<F>,
): TextVault<V, F, E> {
  return new TextVault<V, F, E>(source, options as never);
}
