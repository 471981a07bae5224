import type { KeyEncoding } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { FieldTypes, IdKind } from '@kohakuvault/vector/internal';
import type { PostgresDocumentsOptions } from './documents/document-options.ts';
import { noteExecutor } from './execution/executor-of.ts';
import type { TransactionExecutor } from './execution/transaction-executor.ts';
import type { PostgresKVaultOptions } from './kvault/options.ts';
import type { PostgresColumns } from './postgres-columns.ts';
import { PostgresDocuments } from './postgres-documents.ts';
import type { PostgresKVault } from './postgres-kvault.ts';
import { PostgresTexts } from './postgres-texts.ts';
import { PostgresVectors } from './postgres-vectors.ts';
import type { PostgresTextsOptions } from './texts/text-options.ts';
import type { Vaults } from './vaults.ts';
import type { PostgresVectorsOptions } from './vectors/vector-options.ts';

/** A transaction of a store: the vaults and the statements that belong to it. */
export class Transaction {
  readonly #vaults: Vaults;
  readonly #executor: TransactionExecutor;

  /** @internal */
  constructor(vaults: Vaults, executor: TransactionExecutor) {
    this.#vaults = vaults;
    this.#executor = executor;
    noteExecutor(this, executor);
  }

  /** Returns a dict of the store, for this transaction. Its tables are found, or made, by its first call. */
  kvault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >(name?: string, options?: PostgresKVaultOptions<K, A, E>): PostgresKVault<V, K, A, E> {
    return this.#vaults.kvault(this.#executor, name, options);
  }

  /** Returns a vault of columns of the store, for this transaction. */
  columns(name?: string): PostgresColumns {
    return this.#vaults.columns(this.#executor, name);
  }

  /** Returns a vault of vectors of the store, for this transaction. */
  vectors<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    E extends ValueEncoding = ValueEncoding,
    F extends FieldTypes = FieldTypes,
    K extends IdKind = 'i64',
  >(name: string | undefined, options: PostgresVectorsOptions<E, F, V, K>): PostgresVectors<V, E, F, K> {
    return new PostgresVectors<V, E, F, K>(this.#vaults.vectorContext(this.#executor, name, options));
  }

  /** Returns a vault of texts of the store, for this transaction. */
  texts<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    F extends string = 'content',
    E extends ValueEncoding = ValueEncoding,
  >(name?: string, options?: PostgresTextsOptions<F, E>): PostgresTexts<V, F, E> {
    const context = this.#vaults.textContext(this.#executor, name, options as PostgresTextsOptions<string>);
    return new PostgresTexts<V, F, E>(context);
  }

  /** Returns a vault of documents of the store, for this transaction, which waits while a model works. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  documents<V = any>(name: string | undefined, options: PostgresDocumentsOptions): PostgresDocuments<V> {
    return new PostgresDocuments<V>(this.#vaults.documentContext(this.#executor, name, options));
  }

  /**
   * Runs a body in a transaction inside this one: a savepoint. What it throws undoes what it has done, and no more, if
   * the caller catches it.
   */
  transaction<T>(body: (inner: Transaction) => Promise<T>): Promise<T> {
    return this.#executor.nested((inner) => body(transactionOf(this.#vaults, inner)));
  }

  /**
   * Runs a statement of yours in this transaction, with parameters as the driver takes them, and returns its rows. What
   * the driver throws reaches you unchanged.
   */
  query<R extends object = Record<string, unknown>>(text: string, parameters: readonly unknown[] = []): Promise<R[]> {
    return this.#executor.users(text, parameters) as Promise<R[]>;
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function transactionOf(vaults: Vaults, executor: TransactionExecutor): Transaction {
  return new Transaction(vaults, executor);
}
