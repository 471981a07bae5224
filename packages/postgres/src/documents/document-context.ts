import { CorruptData, describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { ValueCodec } from '@kohakuvault/packer/value';
import { checkModel, checkModelStays, type Embed, type StoredModel, type Tokenizer } from '@kohakuvault/text/internal';
import { sqlState } from '../client/driver-errors.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, checkEntry, LAYOUT, type VaultEntry } from '../schema/catalog.ts';
import { TableContext } from '../schema/table-context.ts';
import { indexOf } from '../texts/index/index-of.ts';
import type { SearchedTexts } from '../texts/text-search.ts';
import { TextStatistics } from '../texts/text-statistics.ts';
import { TOKENIZERS } from '../texts/tokens/tokenizer.ts';
import type { CheckedDocumentsOptions } from './document-options.ts';
import { DocumentSql, makeDocumentTables, TEXT } from './document-sql.ts';
import { ModelVectors } from './model-vectors.ts';

/** A model as the table has it. */
export interface ModelRow extends StoredModel {
  /** Whether all chunks have its vectors, which are searched then. */
  readonly ready: boolean;
}

/** What the calls of one vault of documents share. */
export class DocumentContext extends TableContext {
  protected readonly shown = 'the documents';
  readonly options: CheckedDocumentsOptions;
  readonly codec: ValueCodec<string>;
  /** Has the model make vectors. */
  embed: Embed;
  readonly #statistics = new TextStatistics();
  #tokenizer: Tokenizer;
  #sql: DocumentSql;
  #vectors: ModelVectors;

  constructor(catalog: Catalog, executor: Executor, table: string, options: CheckedDocumentsOptions) {
    super(catalog, executor, table);
    this.options = options;
    this.embed = options.embed;
    this.codec = new ValueCodec(
      {
        given: (method) => `${method}: the value`,
        stored: (id) => `the value of document ${describe(id)} in ${table}`,
      },
      { autoPack: true, headers: true },
    );
    this.#tokenizer = options.tokenizer ?? 'unicode61';
    this.#sql = new DocumentSql(catalog, table, indexOf(this.#tokenizer));
    const { model = '', dimensions } = options;
    this.#vectors = new ModelVectors(catalog, table, { number: 1, model, dimensions });
  }

  get sql(): DocumentSql {
    return this.#sql;
  }

  /** The vectors of the model that is searched. */
  get vectors(): ModelVectors {
    return this.#vectors;
  }

  /** The chunks as texts that are searched. */
  get searched(): SearchedTexts {
    return {
      executor: this.executor,
      sql: { table: this.#sql.chunks, document: this.#sql.chunk },
      columns: { names: [TEXT] },
      tokenizer: this.#tokenizer,
      tokenize: TOKENIZERS[this.#tokenizer],
      index: indexOf(this.#tokenizer),
      weights: [1],
      statistics: this.#statistics,
    };
  }

  /** Returns the vectors of a model. */
  vectorsOf(model: StoredModel): ModelVectors {
    return new ModelVectors(this.catalog, this.table, model);
  }

  async models(session: Session): Promise<ModelRow[]> {
    const { rows } = await session.query(this.#sql.modelRows);
    return rows.map(([number, model, dimensions, ready]) => ({ number, model, dimensions, ready }) as ModelRow);
  }

  /** Refuses to go on if another program has changed the model. */
  async checkModel(session: Session): Promise<void> {
    const ready = (await this.models(session)).find((row) => row.ready);
    checkModelStays(this.table, this.#vectors.model, ready);
  }

  /** Runs what uses the vectors of the model. Their table is gone once another one has taken over. */
  async withModel<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const isGone = error instanceof KohakuVaultError && sqlState(error.cause) === '42P01';
      if (isGone && !this.executor.inTransaction) await this.executor.read((session) => this.checkModel(session));
      throw error;
    }
  }

  /** Searches the vectors of another model from now on. */
  use(vectors: ModelVectors, embed: Embed): void {
    this.#vectors = vectors;
    this.embed = embed;
  }

  /** Runs what waits for a model, which may never answer: it is refused when the vault or its store closes. */
  async whileOpen<T>(given: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, release } = this.signalWith(given);
    try {
      const result = await run(signal);
      signal.throwIfAborted();
      return result;
    } finally {
      release();
    }
  }

  /** Notes that documents were written. */
  written(): void {
    this.#statistics.written();
  }

  protected async openTables(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const { partitions } = options;
    const settings = { tokenizer: this.#tokenizer };
    const wanted: VaultEntry = {
      name: table,
      kind: 'documents',
      layout: LAYOUT,
      partitions,
      encoding: 'auto',
      settings,
    };
    const entry = await catalog.findOrMake(executor, wanted, async (session) => {
      await makeDocumentTables(session, catalog, table, { partitions, index: indexOf(this.#tokenizer) });
      await this.#vectors.make(session, this.#sql.chunks, partitions);
      const { number, model, dimensions } = this.#vectors.model;
      await session.query(`INSERT INTO ${this.#sql.models} VALUES ($1::int4, $2, $3::int4, true)`, [
        number,
        model,
        dimensions,
      ]);
    });
    checkEntry(entry, 'documents');
    const tokenizer = entry.settings.tokenizer as Tokenizer;
    if (options.tokenizer !== undefined && options.tokenizer !== tokenizer) {
      throw new InvalidArgument(
        `tokenizer is ${describe(options.tokenizer)}, but the documents ${table} have ${describe(tokenizer)}. Pass ` +
          `${describe(tokenizer)}, or choose another name`,
      );
    }
    const ready = (await executor.read((session) => this.models(session))).find((row) => row.ready);
    if (!ready) throw new CorruptData(`the documents ${table} have no model. Restore a backup`);
    checkModel('documents', table, options, ready);
    this.#tokenizer = tokenizer;
    this.#sql = new DocumentSql(catalog, table, indexOf(tokenizer));
    this.#vectors = this.vectorsOf(ready);
  }
}
