import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { EmbeddedChunk } from '@kohakuvault/text/internal';
import { ByteStrings, type Session, TextStrings } from '../client/session.ts';
import { batchesBy } from '../execution/batches.ts';
import { vectorIdMaker } from '../vectors/new-ids.ts';
import type { DocumentContext } from './document-context.ts';

/** A document that is checked and encoded. */
export interface NewDocument {
  readonly id: string;
  readonly text: string;
  readonly value: Buffer;
  readonly fields: string;
}

/** A document as it is stored, without its text. */
type StoredRow = Omit<NewDocument, 'text'>;

/** The changes of an update. */
export interface DocumentUpdate {
  readonly text: string | undefined;
  readonly value: Buffer | undefined;
  readonly fields: string | undefined;
}

/** A chunk with its vector as pgvector reads it. */
export interface NewChunk {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly vector: string;
}

interface PlacedChunk extends NewChunk {
  readonly document: string;
  readonly place: number;
  readonly id: bigint;
}

/** How many units of texts, values and vectors one statement takes. Its parameters are in memory several times. */
const BATCH_UNITS = 4 * 1024 * 1024;

/** Writes documents with their chunks and vectors. */
export class DocumentWrites {
  readonly #context: DocumentContext;

  constructor(context: DocumentContext) {
    this.#context = context;
  }

  /** Refuses ids that are taken. */
  async refuseKnown(ids: readonly string[]): Promise<void> {
    const { executor, sql } = this.#context;
    const { rows } = await executor.read((session) => session.query(sql.known, [new TextStrings(ids)]));
    const known = new Set(rows.map(([id]) => id));
    const taken = ids.find((id) => known.has(id));
    if (taken !== undefined) throw refusalOf(taken);
  }

  /** Makes what is stored of chunks. Refuses vectors that are none. */
  encode(owner: string, chunks: readonly EmbeddedChunk[]): NewChunk[] {
    return chunks.map(({ vector, ...chunk }) => ({ ...chunk, vector: this.#context.vectors.encode(owner, vector) }));
  }

  /** Adds documents with the chunks of each, all or none. */
  async add(documents: readonly NewDocument[], chunks: readonly (readonly NewChunk[])[]): Promise<void> {
    if (documents.length === 0) return;
    const { executor } = this.#context;
    const placed = documents.flatMap(({ id }, nth) => placedChunks(id, chunks[nth] as readonly NewChunk[]));
    await executor.atomically(async (session) => {
      await this.#context.checkModel(session);
      for (const batch of batchesBy(documents, BATCH_UNITS, lengthOfDocument)) await this.#insert(session, batch);
      await this.#insertChunks(session, placed);
    });
    this.#context.written();
  }

  /** Writes documents with the chunks of each, in place of those that have their ids: all or none. */
  async put(documents: readonly StoredRow[], chunks: readonly (readonly NewChunk[])[]): Promise<void> {
    const { executor, sql } = this.#context;
    const placed = documents.flatMap(({ id }, nth) => placedChunks(id, chunks[nth] as readonly NewChunk[]));
    await executor.atomically(async (session) => {
      await this.#context.checkModel(session);
      for (const batch of batchesBy(documents, BATCH_UNITS, lengthOfDocument)) await this.#run(session, sql.put, batch);
      await session.query(sql.deleteChunksOfMany, [new TextStrings(documents.map(({ id }) => id))]);
      await this.#insertChunks(session, placed);
    });
    this.#context.written();
  }

  async deleteMany(ids: readonly string[]): Promise<void> {
    const { executor, sql } = this.#context;
    await executor.write((session) => session.query(sql.deleteMany, [new TextStrings(ids)]));
    this.#context.written();
  }

  async update(
    id: string,
    { text, value, fields }: DocumentUpdate,
    chunks: readonly NewChunk[] | undefined,
  ): Promise<boolean> {
    const { executor, sql } = this.#context;
    const isThere = await executor.atomically(async (session) => {
      const { count } = await session.query(sql.update, [id, value ?? null, fields ?? null]);
      if (count === 0 || text === undefined || !chunks) return count > 0;
      await this.#context.checkModel(session);
      await session.query(sql.deleteChunks, [id]);
      await this.#insertChunks(session, placedChunks(id, chunks));
      return true;
    });
    this.#context.written();
    return isThere;
  }

  async delete(id: string): Promise<boolean> {
    const { executor, sql } = this.#context;
    const { count } = await executor.write((session) => session.query(sql.delete, [id]));
    this.#context.written();
    return count > 0;
  }

  async #insert(session: Session, documents: readonly NewDocument[]): Promise<void> {
    const inserted = await this.#run(session, this.#context.sql.insert, documents);
    const taken = documents.find(({ id }) => !inserted.has(id));
    if (taken) throw refusalOf(taken.id);
  }

  /** Runs a statement that writes documents, and returns the ids of those that it has written. */
  async #run(session: Session, text: string, documents: readonly StoredRow[]): Promise<Set<unknown>> {
    const { rows } = await session.query(text, [
      new TextStrings(documents.map(({ id }) => id)),
      `{${documents.map(() => vectorIdMaker.next()).join()}}`,
      new ByteStrings(documents.map(({ value }) => value)),
      new TextStrings(documents.map(({ fields }) => fields)),
    ]);
    return new Set(rows.map(([id]) => id));
  }

  async #insertChunks(session: Session, chunks: readonly PlacedChunk[]): Promise<void> {
    const { sql, vectors, searched } = this.#context;
    const { index, tokenize } = searched;
    for (const batch of batchesBy(chunks, BATCH_UNITS, lengthOfChunk)) {
      const kept = batch.map(({ text }) => index.keep(text, tokenize));
      await session.query(sql.insertChunks, [
        new TextStrings(batch.map(({ document }) => document)),
        `{${batch.map(({ place }) => place).join()}}`,
        `{${batch.map(({ id }) => id).join()}}`,
        `{${batch.map(({ start }) => start).join()}}`,
        `{${batch.map(({ end }) => end).join()}}`,
        `{${kept.map(({ words }) => words).join()}}`,
        new TextStrings(batch.map(({ text }) => text)),
        new TextStrings(kept.map(({ cell }) => cell)),
      ]);
      await vectors.insert(session, sql.chunks, batch);
    }
  }
}

function placedChunks(document: string, chunks: readonly NewChunk[]): PlacedChunk[] {
  return chunks.map((chunk, place) => ({ ...chunk, document, place, id: vectorIdMaker.next() }));
}

function lengthOfDocument({ value, fields }: StoredRow): number {
  return value.length + fields.length;
}

function lengthOfChunk({ text, vector }: PlacedChunk): number {
  return text.length + vector.length;
}

function refusalOf(id: string): InvalidArgument {
  return new InvalidArgument(`add: there is a document ${describe(id)} already; update it, or choose another id`);
}
