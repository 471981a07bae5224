import type { CopiedJobs, KeyEncoding } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { StoredModel } from '@kohakuvault/text/internal';
import type { FieldTypes, IdKind } from '@kohakuvault/vector/internal';
import type { Mode } from './client/session.ts';
import type { PostgresDocumentsOptions } from './documents/document-options.ts';
import { modelOf, readModel } from './documents/stored-model.ts';
import type { StoreExecutor } from './execution/store-executor.ts';
import { TransactionExecutor } from './execution/transaction-executor.ts';
import type { PostgresKVaultOptions } from './kvault/options.ts';
import { checkTransactionOptions, type Isolation, type TransactionOptions } from './options.ts';
import { PostgresColumns } from './postgres-columns.ts';
import { PostgresDocuments } from './postgres-documents.ts';
import { PostgresKVault } from './postgres-kvault.ts';
import { PostgresTexts } from './postgres-texts.ts';
import { PostgresVectors } from './postgres-vectors.ts';
import { JobRows, queuesOf, storedJobs } from './queue/job-rows.ts';
import type { VaultEntry } from './schema/catalog.ts';
import type { PostgresTextsOptions } from './texts/text-options.ts';
import { Transaction } from './transaction.ts';
import type { Vaults } from './vaults.ts';
import type { PostgresVectorsOptions } from './vectors/vector-options.ts';

const MODES: Readonly<Record<Isolation, Mode>> = {
  serializable: 'ISOLATION LEVEL SERIALIZABLE',
  'repeatable read': 'ISOLATION LEVEL REPEATABLE READ',
};

/** Vaults in one schema of a PostgreSQL server. */
export class Store implements AsyncDisposable {
  readonly #executor: StoreExecutor;
  readonly #vaults: Vaults;

  /** @internal */
  constructor(executor: StoreExecutor, vaults: Vaults) {
    this.#executor = executor;
    this.#vaults = vaults;
  }

  /** Opens a dict. Its tables are made if they are missing. */
  async kvault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >(name?: string, options?: PostgresKVaultOptions<K, A, E>): Promise<PostgresKVault<V, K, A, E>> {
    const context = this.#vaults.kvaultContext(this.#executor, name, options);
    await context.ready();
    return new PostgresKVault<V, K, A, E>(context);
  }

  /** Opens a vault of columns. Its tables are made if they are missing. */
  async columns(name?: string): Promise<PostgresColumns> {
    const context = this.#vaults.columnContext(this.#executor, name);
    await context.ready();
    return new PostgresColumns(context);
  }

  /** Opens a vault of vectors, for which the server needs pgvector. Its table is made if it is missing. */
  async vectors<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    E extends ValueEncoding = ValueEncoding,
    F extends FieldTypes = FieldTypes,
    K extends IdKind = 'i64',
  >(name: string | undefined, options: PostgresVectorsOptions<E, F, V, K>): Promise<PostgresVectors<V, E, F, K>> {
    const context = this.#vaults.vectorContext(this.#executor, name, options);
    await context.ready();
    return new PostgresVectors<V, E, F, K>(context);
  }

  /** Opens a vault of texts. Its table is made if it is missing. */
  async texts<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    F extends string = 'content',
    E extends ValueEncoding = ValueEncoding,
  >(name?: string, options?: PostgresTextsOptions<F, E>): Promise<PostgresTexts<V, F, E>> {
    const context = this.#vaults.textContext(this.#executor, name, options as PostgresTextsOptions<string>);
    await context.ready();
    return new PostgresTexts<V, F, E>(context);
  }

  /** Opens a vault of documents for questions, for which the server needs pgvector. Its tables are made if they are missing. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  async documents<V = any>(name: string | undefined, options: PostgresDocumentsOptions): Promise<PostgresDocuments<V>> {
    const context = this.#vaults.documentContext(this.#executor, name, options);
    await context.ready();
    return new PostgresDocuments<V>(context);
  }

  /**
   * Runs a body in a transaction. What it throws rolls the transaction back and reaches the caller. The body runs again
   * if another transaction was in the way, or if the connection was lost before the end: do nothing in it that must
   * happen once, except through the transaction.
   */
  transaction<T>(body: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return this.#inTransaction(() => MODES[checkTransactionOptions(options)], body);
  }

  /** Runs a body that sees one state of the server, and writes nothing. */
  snapshot<T>(body: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#inTransaction(() => 'ISOLATION LEVEL REPEATABLE READ READ ONLY', body);
  }

  /** @internal Returns the model that has made the vectors of documents. */
  [modelOf](documents: string): Promise<StoredModel> {
    return readModel(this.#vaults.catalog, this.#executor, documents);
  }

  /** @internal Returns the queues that have jobs, or the jobs of a queue as they are stored. */
  [storedJobs](): Promise<string[]>;
  [storedJobs](queue: string): CopiedJobs;
  [storedJobs](queue?: string): Promise<string[]> | CopiedJobs {
    const { catalog } = this.#vaults;
    return queue === undefined ? queuesOf(catalog, this.#executor) : new JobRows(catalog, this.#executor, queue);
  }

  /** Returns what vaults there are, in the order of their names. */
  vaults(): Promise<VaultEntry[]> {
    return this.#vaults.catalog.list(this.#executor);
  }

  /** The schema of the tables. */
  get schema(): string {
    return this.#vaults.catalog.schema;
  }

  get open(): boolean {
    return this.#executor.open;
  }

  /**
   * Ends the connections, if the store has made them. Its vaults cannot be used any more. Transactions whose body has not
   * ended, streams, and calls that wait for a model are refused.
   */
  async close(): Promise<void> {
    await this.#executor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #inTransaction<T>(mode: () => Mode, body: (tx: Transaction) => Promise<T>): Promise<T> {
    const running = this.#executor.transaction(mode(), (session) =>
      new TransactionExecutor(session, this.#executor).run((inner) => body(new Transaction(this.#vaults, inner))),
    );
    this.#executor.closing.waitFor(running);
    return await running;
  }
}
