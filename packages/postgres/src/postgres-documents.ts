import { InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type AsyncDocumentVault,
  type CopiedDocuments,
  checkChanges,
  checkDocumentId,
  checkReembed,
  type DocumentChanges,
  type DocumentInput,
  type DocumentResult,
  type DocumentSearchOptions,
  embedAll,
  embeddedChunks,
  joinedText,
  planDocumentSearch,
  type ReembedOptions,
  readDocuments,
  storedDocuments,
  type WholeDocument,
} from '@kohakuvault/text/internal';
import type { DocumentContext } from './documents/document-context.ts';
import { knownId, storableId } from './documents/document-ids.ts';
import { DocumentRows } from './documents/document-rows.ts';
import { DocumentSearch } from './documents/document-search.ts';
import { type DocumentUpdate, DocumentWrites, type NewChunk, type NewDocument } from './documents/document-writes.ts';
import { readFields, storableFields } from './documents/field-values.ts';
import { Reembedding, refuseInTransaction } from './documents/reembedding.ts';
import { storableText } from './texts/storable-text.ts';

/**
 * Documents for questions on a PostgreSQL server with pgvector. See `AsyncDocumentVault` for what its calls do. Those that
 * wait for a model hold no connection meanwhile, unless they are calls in a transaction.
 */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class PostgresDocuments<V = any> implements AsyncDocumentVault<V> {
  readonly #context: DocumentContext;
  readonly #writes: DocumentWrites;
  #isReembedding = false;

  /** @internal */
  constructor(context: DocumentContext) {
    this.#context = context;
    this.#writes = new DocumentWrites(context);
  }

  async add(documents: DocumentInput<V> | Iterable<DocumentInput<V>>): Promise<void> {
    const prepared = readDocuments<V>('add', documents).map((document) => this.#prepared(document));
    await this.#context.ready();
    // A model may be slow, so what will be refused is refused before.
    await this.#writes.refuseKnown(prepared.map(({ id }) => id));
    const chunks = await this.#embedded(
      'add',
      prepared.map(({ text }) => text),
    );
    await this.#context.withModel(() => this.#writes.add(prepared, chunks));
  }

  async update(id: string, changes: DocumentChanges<V>): Promise<boolean> {
    checkDocumentId('update', id);
    checkChanges('update', changes);
    const { text, value, fields } = changes;
    const { codec, options } = this.#context;
    const update: DocumentUpdate = {
      text: text === undefined ? undefined : storableText('update', text),
      value: value === undefined ? undefined : Buffer.from(codec.encode(value, 'update')),
      fields: fields === undefined ? undefined : storableFields('update', fields, options.fields),
    };
    if (!(await this.has(id))) return false;
    const chunks = update.text === undefined ? undefined : (await this.#embedded('update', [update.text]))[0];
    return await this.#context.withModel(() => this.#writes.update(id.toWellFormed(), update, chunks));
  }

  async delete(id: string): Promise<boolean> {
    const known = knownId('delete', id);
    await this.#context.ready();
    return known !== undefined && (await this.#writes.delete(known));
  }

  async has(id: string): Promise<boolean> {
    const known = knownId('has', id);
    await this.#context.ready();
    const { executor, sql } = this.#context;
    if (known === undefined) return false;
    const { rows } = await executor.read((session) => session.query(sql.has, [known]));
    return rows.length > 0;
  }

  async get(id: string): Promise<WholeDocument<V> | undefined> {
    const known = knownId('get', id);
    await this.#context.ready();
    const { executor, sql, codec } = this.#context;
    if (known === undefined) return undefined;
    return await executor.consistently(async (session) => {
      const { rows } = await session.query(sql.get, [known]);
      if (!rows[0]) return undefined;
      const [stored, fields] = rows[0] as [Buffer, string];
      const { rows: chunks } = await session.query(sql.chunksOf, [known]);
      const text = joinedText(chunks.map(([start, text]) => ({ start: start as number, text: text as string })));
      return { id: known, text, value: codec.decode(stored, known) as V, fields: readFields(fields) };
    });
  }

  async ids(): Promise<string[]> {
    await this.#context.ready();
    const { executor, sql } = this.#context;
    const { rows } = await executor.read((session) => session.query(sql.ids));
    return rows.map(([id]) => id as string);
  }

  async search(question: string, options?: number | DocumentSearchOptions): Promise<DocumentResult<V>[]> {
    const plan = planDocumentSearch(question, options);
    plan.signal?.throwIfAborted();
    await this.#context.ready();
    const { executor } = this.#context;
    await executor.read((session) => this.#context.checkModel(session));
    if (plan.k === 0) return [];
    const storable = question.replaceAll('\0', ' ').toWellFormed();
    const embedded = (signal: AbortSignal) => embedAll(this.#context.embed, [question], signal);
    const [vector] = plan.mode === 'text' ? [] : await this.#context.whileOpen(plan.signal, embedded);
    const search = new DocumentSearch(this.#context, storable, vector, plan);
    return await this.#context.withModel(() => executor.consistently((session) => search.run<V>(session)));
  }

  async reembed(options: ReembedOptions): Promise<void> {
    const checked = checkReembed(options);
    await this.#context.ready();
    refuseInTransaction(this.#context);
    if (this.#isReembedding) throw new InvalidArgument('reembed is running already; await it first');
    this.#isReembedding = true;
    try {
      await new Reembedding(this.#context, checked).run();
    } finally {
      this.#isReembedding = false;
    }
  }

  async size(): Promise<number> {
    await this.#context.ready();
    const { executor, sql } = this.#context;
    const { rows } = await executor.read((session) => session.query(sql.size));
    return rows[0]?.[0] as number;
  }

  async model(): Promise<string> {
    await this.#context.ready();
    return this.#context.vectors.model.model;
  }

  get table(): string {
    return this.#context.table;
  }

  get open(): boolean {
    return this.#context.open;
  }

  /** @internal Reads and writes documents as they are stored, for those who copy them. */
  get [storedDocuments](): CopiedDocuments {
    return new DocumentRows(this.#context, this.#writes);
  }

  /** Deletes the tables with all documents, and closes the vault. */
  async dropTable(): Promise<void> {
    await this.#context.ready();
    const { catalog, executor, table, sql } = this.#context;
    await catalog.remove(executor, table, async (session) => {
      for (const row of await this.#context.models(session)) await this.#context.vectorsOf(row).drop(session);
      await session.query(`DROP TABLE ${sql.models}, ${sql.chunks}, ${sql.documents}`);
    });
    await this.close();
  }

  async close(): Promise<void> {
    this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepared({ id, text, value, fields }: DocumentInput<V>): NewDocument {
    const { codec, options } = this.#context;
    return {
      id: storableId('add', id),
      text: storableText('add', text),
      value: Buffer.from(codec.encode(value === undefined ? null : value, 'add')),
      fields: storableFields('add', fields, options.fields),
    };
  }

  /** Splits texts into chunks, and has the model make a vector of each. */
  async #embedded(owner: string, texts: readonly string[]): Promise<NewChunk[][]> {
    const { executor, options } = this.#context;
    await executor.read((session) => this.#context.checkModel(session));
    const { model } = this.#context.vectors;
    const chunks = await this.#context.whileOpen(undefined, (signal) =>
      embeddedChunks(texts, options.sizes, this.#context.embed, signal),
    );
    if (this.#context.vectors.model.number !== model.number) {
      throw new InvalidArgument('another model has taken over while the vectors were made; try again');
    }
    return chunks.map((all) => this.#writes.encode(owner, all));
  }
}
