import { CorruptData, describe } from '@kohakuvault/core-native/internal';
import type { CopiedDocuments, StoredChunk, StoredDocumentRow } from '@kohakuvault/text/internal';
import { type Session, TextStrings } from '../client/session.ts';
import { pagesOf } from '../execution/pages.ts';
import { storableText } from '../texts/storable-text.ts';
import type { DocumentContext } from './document-context.ts';
import { storableId } from './document-ids.ts';
import type { DocumentWrites } from './document-writes.ts';
import { readFields, storableFields } from './field-values.ts';

/** Where a page begins: behind a document, in the order in which they were added. */
interface Behind {
  readonly number: string;
  readonly id: string;
  readonly limit: number;
}

interface ReadDocument extends StoredDocumentRow {
  readonly number: string;
}

const FIRST: Behind = { number: String(-(2n ** 63n)), id: '', limit: Number.MAX_SAFE_INTEGER };

/** The documents of one vault as they are stored, for those who copy them. */
export class DocumentRows implements CopiedDocuments {
  readonly #context: DocumentContext;
  readonly #writes: DocumentWrites;

  constructor(context: DocumentContext, writes: DocumentWrites) {
    this.#context = context;
    this.#writes = writes;
  }

  async *rows(): AsyncGenerator<StoredDocumentRow, void, undefined> {
    await this.#context.ready();
    const { executor, sql } = this.#context;
    const pages = pagesOf(executor, FIRST, {
      read: ({ number, id }, limit) => this.#read(sql.copyPage, [number, id, limit]),
      after: ({ limit }, { number, id }, count) => ({ number, id, limit: limit - count }),
      lengthOf: ({ value, chunks }: ReadDocument) =>
        chunks.reduce((sum, { text, vector }) => sum + text.length + vector.byteLength, value.length),
    });
    for await (const page of pages) yield* page;
  }

  async rowsOf(ids: readonly string[]): Promise<StoredDocumentRow[]> {
    await this.#context.ready();
    return await this.#read(this.#context.sql.copyOf, [new TextStrings(ids)]);
  }

  async put(documents: readonly StoredDocumentRow[]): Promise<void> {
    await this.#context.ready();
    const chunks = documents.map((document) =>
      this.#writes.encode(
        'copy',
        document.chunks.map((chunk) => ({ ...chunk, text: storableText(`copy: document ${document.id}`, chunk.text) })),
      ),
    );
    const storable = documents.map(({ id, value, fields }) => {
      return { id: storableId('copy', id), value, fields: storableFields('copy', fields, undefined) };
    });
    await this.#context.withModel(() => this.#writes.put(storable, chunks));
  }

  async deleteMany(ids: readonly string[]): Promise<void> {
    await this.#context.ready();
    await this.#writes.deleteMany(ids);
  }

  /** Reads documents and their chunks, all in one state. */
  async #read(text: string, parameters: readonly (string | number | TextStrings)[]): Promise<ReadDocument[]> {
    const { executor } = this.#context;
    return await this.#context.withModel(() =>
      executor.consistently(async (session) => {
        await this.#context.checkModel(session);
        const { rows } = await session.query(text, parameters);
        const chunks = await this.#chunksOf(
          session,
          rows.map(([, id]) => id as string),
        );
        return rows.map(([number, id, value, fields]) => ({
          number: number as string,
          id: id as string,
          value: value as Buffer,
          fields: readFields(fields as string),
          chunks: chunks.get(id as string) ?? [],
        }));
      }),
    );
  }

  /** Returns the chunks of documents in their order, by document. */
  async #chunksOf(session: Session, ids: readonly string[]): Promise<Map<string, StoredChunk[]>> {
    const { sql, vectors } = this.#context;
    const chunks = new Map<string, StoredChunk[]>();
    if (ids.length === 0) return chunks;
    const add = (document: string, chunk: Omit<StoredChunk, 'vector'>, vector: Float32Array | undefined) => {
      if (!vector) throw new CorruptData(`a chunk of document ${describe(document)} has no vector. Restore a backup`);
      const present = chunks.get(document);
      if (present) present.push({ ...chunk, vector });
      else chunks.set(document, [{ ...chunk, vector }]);
    };
    const copied = await session.copyOut?.(sql.copyChunks(ids, vectors.table));
    for (const cells of copied ?? []) {
      const [document, start, end, text, vector] = cells as [Buffer, Buffer, Buffer, Buffer, Buffer | null];
      const chunk = { start: start.readInt32BE(), end: end.readInt32BE(), text: text.toString() };
      add(document.toString(), chunk, vector ? vectors.decodeBinary(vector) : undefined);
    }
    if (copied) return chunks;
    const { rows } = await session.query(sql.chunksWithVectors(vectors.table), [new TextStrings(ids)]);
    for (const [document, start, end, text, vector] of rows as [string, number, number, string, string | null][]) {
      add(document, { start, end, text }, vector === null ? undefined : vectors.decode(vector));
    }
    return chunks;
  }
}
