import type { IdRange, RowId } from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { AsyncDocumentVault } from './async-documents.ts';
import type { AsyncTexts } from './async-texts.ts';
import { DocumentVault } from './document-vault.ts';
import { documentsAsAsync } from './documents-as-async.ts';
import type { TextResult } from './found/explained.ts';
import type { TextQueryOptions, TextSearchOptions } from './search-options.ts';
import type { Suggestion } from './suggestions.ts';
import type { StoredDocument, TextChanges, TextInfo, TextVault } from './text-vault.ts';
import type { Texts } from './texts.ts';

/**
 * Returns a vault of this thread with the interface of texts on a server, for code that runs on both. Its calls do their
 * work at once, and block the thread as those of the vault do; what they throw rejects the promise.
 */
export function asAsync<V, F extends string, E extends ValueEncoding>(vault: TextVault<V, F, E>): AsyncTexts<V, F, E>;
export function asAsync<V>(vault: DocumentVault<V>): AsyncDocumentVault<V>;
export function asAsync(vault: TextVault<unknown, string> | DocumentVault): unknown {
  return vault instanceof DocumentVault ? documentsAsAsync(vault) : new LocalAsyncTexts(vault);
}

type Document<V, F extends string, E extends ValueEncoding> = [
  id: bigint,
  texts: Record<F, string>,
  value: EncodedOutput<V, E>,
];

class LocalAsyncTexts<V, F extends string, E extends ValueEncoding> implements AsyncTexts<V, F, E> {
  readonly #vault: TextVault<V, F, E>;

  constructor(vault: TextVault<V, F, E>) {
    this.#vault = vault;
  }

  async insert(texts: Texts<F>, value?: EncodedInput<V, E>, options?: { id?: RowId | undefined }): Promise<bigint> {
    return this.#vault.insert(texts, value, options);
  }

  async insertMany(documents: Iterable<readonly [texts: Texts<F>, value?: EncodedInput<V, E>]>): Promise<bigint[]> {
    return this.#vault.insertMany(documents);
  }

  async search(
    query: string,
    options?: number | TextSearchOptions<EncodedOutput<V, E>, F>,
  ): Promise<TextResult<EncodedOutput<V, E>, F>[]> {
    return this.#vault.search(query, options);
  }

  async count(query: string, options?: TextQueryOptions<F>): Promise<number> {
    return this.#vault.count(query, options);
  }

  async getById(id: RowId): Promise<StoredDocument<EncodedOutput<V, E>, F> | undefined> {
    return this.#vault.getById(id);
  }

  async get(texts: Texts<F>): Promise<EncodedOutput<V, E> | undefined> {
    return this.#vault.get(texts);
  }

  async has(id: RowId): Promise<boolean> {
    return this.#vault.has(id);
  }

  async update(id: RowId, changes: TextChanges<EncodedInput<V, E>, F>): Promise<boolean> {
    return this.#vault.update(id, changes);
  }

  async delete(id: RowId): Promise<boolean> {
    return this.#vault.delete(id);
  }

  async deleteMany(ids: Iterable<RowId>): Promise<number> {
    return this.#vault.deleteMany(ids);
  }

  async clear(): Promise<void> {
    this.#vault.clear();
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  async info(): Promise<TextInfo<F>> {
    return this.#vault.info();
  }

  async suggest(prefix: string, k?: number): Promise<Suggestion[]> {
    return this.#vault.suggest(prefix, k);
  }

  async *keys(range?: IdRange): AsyncGenerator<bigint, void, undefined> {
    yield* this.#vault.keys(range);
  }

  async *entries(range?: IdRange): AsyncGenerator<Document<V, F, E>, void, undefined> {
    yield* this.#vault.entries(range);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Document<V, F, E>, void, undefined> {
    return this.entries();
  }

  get valueEncoding(): string {
    return this.#vault.valueEncoding;
  }

  get table(): string {
    return this.#vault.table;
  }

  get open(): boolean {
    return this.#vault.open;
  }

  async close(): Promise<void> {
    this.#vault.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
