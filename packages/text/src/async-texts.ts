import type { IdRange, RowId } from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { TextResult } from './found/explained.ts';
import type { TextQueryOptions, TextSearchOptions } from './search-options.ts';
import type { Suggestion } from './suggestions.ts';
import type { StoredDocument, TextChanges, TextInfo } from './text-vault.ts';
import type { Texts } from './texts.ts';

/**
 * Texts whose calls return promises, wherever they are stored: in a file (`asAsync`) or on a server. Names, arguments and
 * errors are those of `TextVault`.
 */
export interface AsyncTexts<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  F extends string = 'content',
  E extends ValueEncoding = ValueEncoding,
> extends AsyncDisposable,
    AsyncIterable<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>]> {
  /** Inserts a document. Returns its id. Without a value, the value is null. */
  insert(texts: Texts<F>, value?: EncodedInput<V, E>, options?: { id?: RowId | undefined }): Promise<bigint>;
  /** Inserts many documents, or none if one is refused. Returns their ids. */
  insertMany(documents: Iterable<readonly [texts: Texts<F>, value?: EncodedInput<V, E>]>): Promise<bigint[]>;
  /** Returns the documents that match a query best, the best first. Equally good ones come by their ids. */
  search(
    query: string,
    options?: number | TextSearchOptions<EncodedOutput<V, E>, F>,
  ): Promise<TextResult<EncodedOutput<V, E>, F>[]>;
  /** Returns how many documents match a query. */
  count(query: string, options?: TextQueryOptions<F>): Promise<number>;
  getById(id: RowId): Promise<StoredDocument<EncodedOutput<V, E>, F> | undefined>;
  /** Returns the value of the document with exactly this text, or these texts. Undefined if there is none. */
  get(texts: Texts<F>): Promise<EncodedOutput<V, E> | undefined>;
  has(id: RowId): Promise<boolean>;
  /** Changes texts, the value, or both. Returns false if the id does not exist. */
  update(id: RowId, changes: TextChanges<EncodedInput<V, E>, F>): Promise<boolean>;
  /** Deletes a document and its value. Returns false if the id does not exist. */
  delete(id: RowId): Promise<boolean>;
  /** Deletes many documents and their values, all or none. Returns how many of the ids existed. */
  deleteMany(ids: Iterable<RowId>): Promise<number>;
  /** Deletes all documents and values. */
  clear(): Promise<void>;
  /** Returns the number of documents. */
  size(): Promise<number>;
  info(): Promise<TextInfo<F>>;
  /** Returns the words of the documents that begin with a text, those in the most documents first. */
  suggest(prefix: string, k?: number): Promise<Suggestion[]>;
  /** Iterates over the ids in a range, by default all of them in ascending order. */
  keys(range?: IdRange): AsyncGenerator<bigint, void, undefined>;
  /** Iterates over the documents in a range of ids. */
  entries(
    range?: IdRange,
  ): AsyncGenerator<[id: bigint, texts: Record<F, string>, value: EncodedOutput<V, E>], void, undefined>;
  /** The name of the encoding of the values: 'auto', or what the table keeps. */
  readonly valueEncoding: string;
  readonly table: string;
  /** Whether the vault can be used. */
  readonly open: boolean;
  close(): Promise<void>;
}
