import { CorruptData, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, type DatabaseSource, openVault, Vault } from '@kohakuvault/core-native/internal/database';
import { ValueCodec } from '@kohakuvault/packer/value';
import { DocumentIndex } from './document-index.ts';
import { type DocumentOptions, type DocumentVaultOptions, documentOptionsOf } from './document-options.ts';
import { DocumentRows } from './document-rows.ts';
import { type DocumentResult, type DocumentSearchOptions, planDocumentSearch } from './document-search.ts';
import { type CopiedDocuments, storedDocuments } from './documents/copied-documents.ts';
import type { DocumentRow, DocumentTables } from './documents/document-tables.ts';
import { type Embed, embedAll } from './documents/embed.ts';
import { type EmbeddedChunk, embeddedChunks, joinedText } from './documents/embedded-chunks.ts';
import { sqliteFields } from './documents/field-sql.ts';
import { encodeFields } from './documents/fields.ts';
import { checkChanges, checkDocumentId, type DocumentInput, readDocuments } from './documents/input.ts';
import { checkReembed, type ReembedOptions } from './documents/reembed-options.ts';
import { conditionOf } from './documents/where.ts';
import { reembed } from './reembed.ts';

/** The changes of an update. What is left out stays. */
export type DocumentChanges<V> = Partial<Omit<DocumentInput<V>, 'id'>>;

/** A document as it is stored. */
export interface WholeDocument<V> {
  id: string;
  text: string;
  value: V;
  fields: Record<string, string | number | bigint | boolean | null>;
}

/**
 * Stores documents for questions: splits their texts into chunks, has a model make a vector of each, and stores texts,
 * vectors and values together. Finds the chunks that answer a question by words and by meaning.
 */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class DocumentVault<V = any> extends Vault {
  readonly #connection: Connection;
  readonly #tables: DocumentTables;
  readonly #codec: ValueCodec<string>;
  readonly #options: DocumentOptions;
  readonly #index: DocumentIndex;
  #embed: Embed;
  #isReembedding = false;

  constructor(source: DatabaseSource, options: DocumentVaultOptions) {
    const { own, connection: given } = documentOptionsOf(options);
    const index = openVault(source, given, (connection) => new DocumentIndex(connection, own));
    const { connection, tables } = index;
    super(connection);
    this.#connection = connection;
    this.#tables = tables;
    this.#options = own;
    this.#embed = own.embed;
    this.#index = index;
    this.#codec = new ValueCodec(
      {
        given: (method) => `${method}: the value`,
        stored: (id) => `the value of document ${describe(id)} in ${own.table}`,
      },
      { autoPack: true, headers: true },
    );
    connection.onClose(() => index.close());
  }

  get table(): string {
    return this.#options.table;
  }

  /** The name of the model whose vectors are searched; empty if it has none. */
  get model(): string {
    return this.#index.model.model;
  }

  /** The number of documents. */
  get size(): number {
    return (
      this.#tables.all<{ count: number }>(`SELECT count(*) AS count FROM ${this.#tables.documents}`)[0]?.count ?? 0
    );
  }

  /**
   * Adds a document, or many in one transaction. Their ids must be new. Inside your own BEGIN and COMMIT they belong to
   * that transaction.
   */
  async add(documents: DocumentInput<V> | Iterable<DocumentInput<V>>): Promise<void> {
    this.#checkWaits('add');
    const prepared = readDocuments<V>('add', documents).map(({ id, text, value, fields }) => ({
      id,
      text,
      value: this.#codec.encode(value === undefined ? null : value, 'add'),
      fields: encodeFields('add', fields, this.#options.fields),
    }));
    // A model may be slow, so what will be refused is refused before.
    for (const { id } of prepared) this.#refuseKnown(id);
    const chunks = await this.#embedded(prepared.map(({ text }) => text));
    this.#connection.transaction(() => {
      const { documents: table } = this.#tables;
      for (const [number, { id, value, fields }] of prepared.entries()) {
        this.#refuseKnown(id);
        const document = this.#tables.write(
          `INSERT INTO ${table} (id, value, fields) VALUES (?, ?, ?)`,
          id,
          value,
          fields,
        );
        this.#index.store(document, chunks[number] as EmbeddedChunk[]);
      }
    });
  }

  /** Changes a document. Returns false if there is none of this id. */
  async update(id: string, changes: DocumentChanges<V>): Promise<boolean> {
    checkDocumentId('update', id);
    checkChanges('update', changes);
    this.#checkWaits('update');
    const { text, value, fields } = changes;
    const newValue = value === undefined ? undefined : this.#codec.encode(value, 'update');
    const newFields = fields === undefined ? undefined : encodeFields('update', fields, this.#options.fields);
    if (!this.has(id)) return false;
    const chunks = text === undefined ? undefined : (await this.#embedded([text]))[0];
    return this.#connection.transaction(() => {
      const document = this.#tables.document(id);
      if (!document) return false;
      const { documents } = this.#tables;
      if (newValue) this.#tables.write(`UPDATE ${documents} SET value = ? WHERE number = ?`, newValue, document.number);
      if (newFields !== undefined) {
        this.#tables.write(`UPDATE ${documents} SET fields = ? WHERE number = ?`, newFields, document.number);
      }
      if (chunks) {
        this.#index.remove(document.number);
        this.#index.store(document.number, chunks);
      }
      return true;
    });
  }

  /** Deletes a document with its chunks. Returns false if there is none of this id. */
  delete(id: string): boolean {
    checkDocumentId('delete', id);
    this.#connection.checkWritable();
    return this.#connection.transaction(() => {
      const document = this.#tables.document(id);
      if (!document) return false;
      this.#index.delete(document.number);
      return true;
    });
  }

  has(id: string): boolean {
    return this.#tables.document(checkDocumentId('has', id)) !== undefined;
  }

  get(id: string): WholeDocument<V> | undefined {
    checkDocumentId('get', id);
    return this.#connection.snapshot(() => {
      const document = this.#tables.document(id);
      if (!document) return undefined;
      const chunks = this.#tables.chunksOf(document.number);
      const text = joinedText(chunks.map((chunk) => ({ start: chunk.start, text: this.#index.textOf(chunk) })));
      return { id, text, value: this.#valueOf(document), fields: this.#tables.fieldsOf(document.number) };
    });
  }

  /** Returns the ids of all documents, in the order in which they were added. */
  ids(): string[] {
    const query = this.#connection.query<string>(`SELECT id FROM ${this.#tables.documents} ORDER BY number`, {
      pluck: true,
    });
    return this.#connection.read(() => query.all());
  }

  /** Finds the chunks that answer a question, the best first. */
  async search(question: string, options?: number | DocumentSearchOptions): Promise<DocumentResult<V>[]> {
    const plan = planDocumentSearch(question, options);
    plan.signal?.throwIfAborted();
    this.#index.useModel();
    const needsVector = plan.mode !== 'text' && plan.k > 0;
    const [vector] = needsVector ? await embedAll(this.#embed, [question], plan.signal) : [];
    plan.signal?.throwIfAborted();
    return this.#connection.snapshot(() => {
      this.#index.useModel();
      const condition = plan.where && conditionOf(plan.where, sqliteFields('doc.fields'), this.#options.fields);
      return this.#index.find(question, vector, plan, condition).map(({ chunk, score }) => {
        const { text, neighbors } = this.#index.surroundings(chunk);
        const document = this.#tables.documentOf(chunk.document);
        const { start, end } = chunk;
        return { document: { id: document.id, value: this.#valueOf(document) }, text, start, end, score, neighbors };
      });
    });
  }

  /**
   * Makes the vectors of all chunks again with another model, while the old ones are searched. When all are made, the
   * new model takes over in one transaction.
   */
  async reembed(options: ReembedOptions): Promise<void> {
    const checked = checkReembed(options);
    this.#checkWaits('reembed');
    if (this.#isReembedding) throw new InvalidArgument('reembed is running already; await it first');
    this.#isReembedding = true;
    try {
      await reembed(this.#index, checked);
      this.#embed = checked.embed;
    } finally {
      this.#isReembedding = false;
    }
  }

  /** @internal Reads and writes documents as they are stored, for those who copy them. */
  get [storedDocuments](): CopiedDocuments {
    return new DocumentRows(this.#index);
  }

  /** Refuses a write that waits for a model where nobody waits for the write. */
  #checkWaits(method: string): void {
    this.#connection.checkWritable();
    if (!this.#connection.shared.transactions.running) return;
    throw new InvalidArgument(
      `${method}() waits for a model, and transaction() waits for nothing; call it outside, or run BEGIN and COMMIT on ` +
        "the vault's database",
    );
  }

  #refuseKnown(id: string): void {
    if (this.#tables.document(id)) {
      throw new InvalidArgument(`add: there is a document ${describe(id)} already; update it, or choose another id`);
    }
  }

  /** Splits texts into chunks, and has the model make a vector of each. */
  async #embedded(texts: readonly string[]): Promise<EmbeddedChunk[][]> {
    this.#index.useModel();
    const { model } = this.#index;
    const chunks = await embeddedChunks(texts, this.#options.sizes, this.#embed);
    this.#connection.assertOpen();
    if (this.#index.useModel().number !== model.number) {
      throw new InvalidArgument('another model has taken over while the vectors were made; try again');
    }
    return chunks;
  }

  #valueOf({ id, value }: DocumentRow): V {
    if (Buffer.isBuffer(value)) return this.#codec.decode(value, id) as V;
    throw new CorruptData(
      `the value of document ${describe(id)} in ${this.table} is not bytes. Restore a backup, or update the document`,
    );
  }
}
