import type { AsyncDocumentVault } from './async-documents.ts';
import type { DocumentResult, DocumentSearchOptions } from './document-search.ts';
import type { DocumentChanges, DocumentVault, WholeDocument } from './document-vault.ts';
import type { DocumentInput } from './documents/input.ts';
import type { ReembedOptions } from './documents/reembed-options.ts';

/** Returns a vault of documents of this thread with the interface of one on a server. */
export function documentsAsAsync<V>(vault: DocumentVault<V>): AsyncDocumentVault<V> {
  return new LocalAsyncDocuments(vault);
}

class LocalAsyncDocuments<V> implements AsyncDocumentVault<V> {
  readonly #vault: DocumentVault<V>;

  constructor(vault: DocumentVault<V>) {
    this.#vault = vault;
  }

  add(documents: DocumentInput<V> | Iterable<DocumentInput<V>>): Promise<void> {
    return this.#vault.add(documents);
  }

  update(id: string, changes: DocumentChanges<V>): Promise<boolean> {
    return this.#vault.update(id, changes);
  }

  async delete(id: string): Promise<boolean> {
    return this.#vault.delete(id);
  }

  async has(id: string): Promise<boolean> {
    return this.#vault.has(id);
  }

  async get(id: string): Promise<WholeDocument<V> | undefined> {
    return this.#vault.get(id);
  }

  async ids(): Promise<string[]> {
    return this.#vault.ids();
  }

  search(question: string, options?: number | DocumentSearchOptions): Promise<DocumentResult<V>[]> {
    return this.#vault.search(question, options);
  }

  reembed(options: ReembedOptions): Promise<void> {
    return this.#vault.reembed(options);
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  async model(): Promise<string> {
    return this.#vault.model;
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
