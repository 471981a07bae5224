import { CorruptData } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { VectorKVault, type VectorLike } from '@kohakuvault/vector';
import type { DocumentOptions } from './document-options.ts';
import type { DocumentPlan } from './document-search.ts';
import { type ChunkRow, DocumentTables, type ModelRow } from './documents/document-tables.ts';
import type { EmbeddedChunk } from './documents/embedded-chunks.ts';
import type { SqlCondition } from './documents/field-sql.ts';
import { type FoundChunk, foundChunks } from './documents/found-chunks.ts';
import { checkModel, checkModelStays } from './documents/model-rules.ts';
import type { Ranked } from './hybrid/fusion.ts';
import { depthsFor } from './hybrid/join.ts';
import { openTogether } from './open-together.ts';
import { TextVault } from './text-vault.ts';

/** The chunks of documents with their texts and vectors. */
export class DocumentIndex {
  readonly connection: Connection;
  readonly tables: DocumentTables;
  readonly text: TextVault<null>;
  /** The model whose vectors are searched. */
  model: ModelRow;
  #vectors: VectorKVault<number>;

  constructor(connection: Connection, options: DocumentOptions) {
    const tables = new DocumentTables(connection, options.table);
    // All tables are made together, or none.
    const { model, text, vectors } = openTogether(connection, (keep) => {
      tables.open(options.model ?? '', options.dimensions);
      const model = checkedModel(tables, options);
      const text = keep(new TextVault<null>(connection, { table: tables.texts, tokenizer: options.tokenizer }));
      return { model, text, vectors: keep(vectorsOf(connection, tables, model)) };
    });
    this.connection = connection;
    this.tables = tables;
    this.model = model;
    this.text = text;
    this.#vectors = vectors;
  }

  /** The vectors of the model. The value of a vector is the id of its chunk. */
  get vectors(): VectorKVault<number> {
    // Another model was about to take over, and the end of that transaction failed after these were let go.
    if (!this.#vectors.open && this.connection.open) {
      this.#vectors = vectorsOf(this.connection, this.tables, this.model);
    }
    return this.#vectors;
  }

  /** Has another model take over. */
  use(model: ModelRow, vectors: VectorKVault<number>): void {
    this.model = model;
    this.#vectors = vectors;
  }

  close(): void {
    this.text.close();
    this.#vectors.close();
  }

  /** Returns the model whose vectors are searched. Refuses to go on if another program has changed it. */
  useModel(): ModelRow {
    const ready = this.tables.modelRows().find((row) => row.ready);
    checkModelStays(this.tables.documents, this.model, ready);
    // They are open before a snapshot begins, in which nothing may be opened.
    void this.vectors;
    return this.model;
  }

  /** Stores the chunks of a document. Call it inside a transaction. */
  store(document: bigint, chunks: readonly EmbeddedChunk[]): void {
    for (const [place, { start, end, text, vector }] of chunks.entries()) {
      const id = this.text.insert(text);
      const vectorId = this.vectors.insert(vector, Number(id));
      this.tables.write(
        `INSERT INTO ${this.tables.chunks} (id, document, place, start, "end", vector) VALUES (?, ?, ?, ?, ?, ?)`,
        id,
        document,
        place,
        start,
        end,
        vectorId,
      );
    }
  }

  /** Deletes the chunks of a document. Call it inside a transaction. */
  remove(document: bigint): void {
    const { chunks } = this.tables;
    this.text.deleteMany(this.tables.ids(`SELECT id FROM ${chunks} WHERE document = ?`, document));
    this.vectors.deleteMany(this.tables.ids(`SELECT vector FROM ${chunks} WHERE document = ?`, document));
    this.tables.write(`DELETE FROM ${chunks} WHERE document = ?`, document);
  }

  /** Deletes a document with its chunks. Call it inside a transaction. */
  delete(document: bigint): void {
    this.remove(document);
    this.tables.write(`DELETE FROM ${this.tables.documents} WHERE number = ?`, document);
  }

  textOf({ id }: ChunkRow): string {
    const found = this.text.getById(id);
    if (found) return found.texts.content;
    throw new CorruptData(`chunk ${id} of ${this.tables.documents} has no text. Restore a backup`);
  }

  /** Returns the text of a chunk, and those of the chunks before and after it. */
  surroundings(chunk: ChunkRow): { text: string; neighbors: string[] } {
    const near = this.tables.near(chunk);
    return { text: this.textOf(chunk), neighbors: near.map((each) => this.textOf(each)) };
  }

  /** Finds the chunks that answer a question best. Call it inside a snapshot. */
  find(
    question: string,
    vector: VectorLike | undefined,
    { k, mode, distinct }: DocumentPlan,
    condition: SqlCondition | undefined,
  ): FoundChunk<ChunkRow>[] {
    const only = condition && this.#idsWhere(condition);
    if (k === 0 || only?.chunks.length === 0) return [];
    for (const depth of depthsFor(k)) {
      const texts = mode === 'vector' ? [] : this.#byText(question, depth, only?.chunks);
      const vectors = vector === undefined ? [] : this.#byVector(vector, depth, only?.vectors);
      const found = foundChunks(texts, vectors, { k, distinct, depth }, (id) => this.#chunk(id));
      if (found) return found;
    }
    return [];
  }

  #byText(question: string, k: number, only: readonly bigint[] | undefined): Ranked<bigint>[] {
    const found = this.text.search(question, { k, match: 'any', ...(only && { filter: only }) });
    return found.map(({ id, score }) => ({ key: id, score, item: id }));
  }

  #byVector(vector: VectorLike, k: number, only: readonly bigint[] | undefined): Ranked<bigint>[] {
    const found = this.vectors.search(vector, { k, ...(only && { filter: only }) });
    return found.map(({ value, distance }) => ({ key: BigInt(value), score: -distance, item: BigInt(value) }));
  }

  /** Returns the chunks, and their vectors, of the documents that meet a condition. */
  #idsWhere({ sql, parameters }: SqlCondition): { chunks: bigint[]; vectors: bigint[] } {
    const { chunks, documents } = this.tables;
    const from = `FROM ${documents} AS doc JOIN ${chunks} AS chunk ON chunk.document = doc.number WHERE ${sql}`;
    return {
      chunks: this.tables.ids(`SELECT chunk.id ${from}`, ...parameters),
      vectors: this.tables.ids(`SELECT chunk.vector ${from}`, ...parameters),
    };
  }

  #chunk(id: bigint): ChunkRow {
    const chunk = this.tables.chunk(id);
    if (chunk) return chunk;
    throw new CorruptData(`chunk ${id} of ${this.tables.documents} belongs to no document. Restore a backup`);
  }
}

/** Opens the vectors of a model. */
export function vectorsOf(connection: Connection, tables: DocumentTables, model: ModelRow): VectorKVault<number> {
  return new VectorKVault<number>(connection, { table: tables.vectors(model.number), dimensions: model.dimensions });
}

/** Returns the model that is searched, if it is the one of the options. */
function checkedModel(tables: DocumentTables, options: DocumentOptions): ModelRow {
  const row = tables.modelRows().find(({ ready }) => ready);
  if (!row) throw new CorruptData(`${tables.models} has no model. Restore a backup`);
  checkModel('DocumentVault', tables.documents, options, row);
  return row;
}
