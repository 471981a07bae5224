import { CorruptData, describe } from '@kohakuvault/core-native/internal';
import type { DocumentIndex } from './document-index.ts';
import type { CopiedDocuments, StoredChunk, StoredDocumentRow } from './documents/copied-documents.ts';
import type { DocumentRow } from './documents/document-tables.ts';
import { encodeFields } from './documents/fields.ts';

/** How many documents are listed together. */
const PAGE = 256;

/** The documents of a file as they are stored. */
export class DocumentRows implements CopiedDocuments {
  readonly #index: DocumentIndex;

  constructor(index: DocumentIndex) {
    this.#index = index;
  }

  async *rows(): AsyncGenerator<StoredDocumentRow, void, undefined> {
    const { tables } = this.#index;
    let after = -(2n ** 63n);
    for (;;) {
      const page = tables.all<{ number: bigint; id: string }>(
        `SELECT number, id FROM ${tables.documents} WHERE number > ? ORDER BY number LIMIT ${PAGE}`,
        after,
      );
      for (const { id } of page) yield* this.#of(id);
      const last = page.at(-1);
      if (!last) return;
      after = BigInt(last.number);
    }
  }

  async rowsOf(ids: readonly string[]): Promise<StoredDocumentRow[]> {
    return ids.flatMap((id) => [...this.#of(id)]);
  }

  async put(documents: readonly StoredDocumentRow[]): Promise<void> {
    const { connection, tables } = this.#index;
    this.#index.useModel();
    connection.transaction(() => {
      this.#index.useModel();
      for (const { id, value, fields, chunks } of documents) {
        const json = encodeFields('copy', fields, undefined);
        const known = tables.document(id);
        if (known) {
          this.#index.remove(known.number);
          tables.write(
            `UPDATE ${tables.documents} SET value = ?, fields = ? WHERE number = ?`,
            value,
            json,
            known.number,
          );
        }
        const number =
          known?.number ??
          tables.write(`INSERT INTO ${tables.documents} (id, value, fields) VALUES (?, ?, ?)`, id, value, json);
        this.#index.store(number, chunks);
      }
    });
  }

  async deleteMany(ids: readonly string[]): Promise<void> {
    const { connection, tables } = this.#index;
    this.#index.useModel();
    connection.transaction(() => {
      for (const id of ids) {
        const known = tables.document(id);
        if (known) this.#index.delete(known.number);
      }
    });
  }

  /** Others may delete it between two reads. */
  *#of(id: string): Generator<StoredDocumentRow> {
    const { connection, tables } = this.#index;
    this.#index.useModel();
    const found = connection.snapshot(() => {
      this.#index.useModel();
      const document = tables.document(id);
      if (!document) return undefined;
      const { number } = document;
      return { id, value: this.#valueOf(document), fields: tables.fieldsOf(number), chunks: this.#chunksOf(document) };
    });
    if (found) yield found;
  }

  #valueOf({ id, value }: DocumentRow): Buffer {
    if (Buffer.isBuffer(value)) return value;
    throw new CorruptData(
      `the value of document ${describe(id)} is not bytes. Restore a backup, or update the document`,
    );
  }

  #chunksOf({ id, number }: DocumentRow): StoredChunk[] {
    const { tables, vectors } = this.#index;
    const ids = tables.ids(`SELECT vector FROM ${tables.chunks} WHERE document = ? ORDER BY place`, number);
    return tables.chunksOf(number).map((chunk, nth) => {
      const found = vectors.getById(ids[nth] as bigint);
      if (!found) throw new CorruptData(`a chunk of document ${describe(id)} has no vector. Restore a backup`);
      const { start, end } = chunk;
      return { start, end, text: this.#index.textOf(chunk), vector: found.vector as Float32Array };
    });
  }
}
