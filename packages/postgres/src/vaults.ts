import type { KeyEncoding } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { ColumnContext } from './columns/column-context.ts';
import { DocumentContext } from './documents/document-context.ts';
import { checkDocumentsOptions, type PostgresDocumentsOptions } from './documents/document-options.ts';
import type { Executor } from './execution/executor.ts';
import { TransactionExecutor } from './execution/transaction-executor.ts';
import { checkKVaultOptions, type PostgresKVaultOptions } from './kvault/options.ts';
import { VaultContext } from './kvault/vault-context.ts';
import { PostgresColumns } from './postgres-columns.ts';
import { PostgresKVault } from './postgres-kvault.ts';
import type { Catalog } from './schema/catalog.ts';
import { checkVaultName } from './schema/names.ts';
import { TextContext } from './texts/text-context.ts';
import { checkTextsOptions, type PostgresTextsOptions } from './texts/text-options.ts';
import { VectorContext } from './vectors/vector-context.ts';
import { checkVectorsOptions, type PostgresVectorsOptions } from './vectors/vector-options.ts';

/** Makes the vaults of a store, on it or in one of its transactions. */
export class Vaults {
  readonly catalog: Catalog;
  readonly #partitions: number;
  readonly #begin: (vaults: Vaults, executor: TransactionExecutor) => unknown;

  /** `begin` makes the transaction of an executor one of the user's. */
  constructor(catalog: Catalog, partitions: number, begin: (vaults: Vaults, executor: TransactionExecutor) => unknown) {
    this.catalog = catalog;
    this.#partitions = partitions;
    this.#begin = begin;
  }

  kvault<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
    executor: Executor,
    name = 'kv',
    options?: PostgresKVaultOptions<K, A, E>,
  ): PostgresKVault<V, K, A, E> {
    return new PostgresKVault<V, K, A, E>(this.kvaultContext(executor, name, options));
  }

  columns(executor: Executor, name = 'columns'): PostgresColumns {
    return new PostgresColumns(this.columnContext(executor, name));
  }

  columnContext(executor: Executor, name = 'columns'): ColumnContext {
    return new ColumnContext(this.catalog, executor, checkVaultName(name), this.#partitions);
  }

  vectorContext(executor: Executor, name = 'vec_kvault', options?: object): VectorContext {
    const checked = checkVectorsOptions(options as PostgresVectorsOptions, this.#partitions);
    return new VectorContext(this.catalog, executor, checkVaultName(name), checked);
  }

  textContext(executor: Executor, name = 'text_vault', options?: PostgresTextsOptions<string>): TextContext {
    const checked = checkTextsOptions(checkVaultName(name), options, this.#partitions);
    return new TextContext(this.catalog, executor, name, checked);
  }

  documentContext(executor: Executor, name = 'documents', options?: PostgresDocumentsOptions): DocumentContext {
    const checked = checkDocumentsOptions(options, this.#partitions);
    return new DocumentContext(this.catalog, executor, checkVaultName(name), checked);
  }

  kvaultContext(executor: Executor, name = 'kv', options?: PostgresKVaultOptions): VaultContext {
    const checked = checkKVaultOptions(options, this.#partitions);
    return new VaultContext(this.catalog, executor, checkVaultName(name), checked, (session, parent, body) =>
      new TransactionExecutor(session, parent).run((inner) => body(this.#begin(this, inner))),
    );
  }
}
