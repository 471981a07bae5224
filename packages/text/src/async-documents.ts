import type { DocumentResult, DocumentSearchOptions } from './document-search.ts';
import type { DocumentChanges, WholeDocument } from './document-vault.ts';
import type { DocumentInput } from './documents/input.ts';
import type { ReembedOptions } from './documents/reembed-options.ts';

/**
 * Documents for questions whose calls return promises, wherever they are stored: in a file (`asAsync`) or on a server.
 * Names, arguments and errors are those of `DocumentVault`.
 */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export interface AsyncDocumentVault<V = any> extends AsyncDisposable {
  /** Adds a document, or many in one transaction. Their ids must be new. */
  add(documents: DocumentInput<V> | Iterable<DocumentInput<V>>): Promise<void>;
  /** Changes a document. Returns false if there is none of this id. */
  update(id: string, changes: DocumentChanges<V>): Promise<boolean>;
  /** Deletes a document with its chunks. Returns false if there is none of this id. */
  delete(id: string): Promise<boolean>;
  has(id: string): Promise<boolean>;
  get(id: string): Promise<WholeDocument<V> | undefined>;
  /** Returns the ids of all documents, in the order in which they were added. */
  ids(): Promise<string[]>;
  /** Finds the chunks that answer a question, the best first. */
  search(question: string, options?: number | DocumentSearchOptions): Promise<DocumentResult<V>[]>;
  /**
   * Makes the vectors of all chunks again with another model, while the old ones are searched. When all are made, the
   * new model takes over in one transaction.
   */
  reembed(options: ReembedOptions): Promise<void>;
  /** Returns the number of documents. */
  size(): Promise<number>;
  /** Returns the name of the model whose vectors are searched; empty if it has none. */
  model(): Promise<string>;
  readonly table: string;
  /** Whether the vault can be used. */
  readonly open: boolean;
  close(): Promise<void>;
}
