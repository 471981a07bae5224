import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { CopiedDocuments, StoredDocumentRow } from '@kohakuvault/text/internal';
import type { RowShelf, StoredRow } from './side.ts';
import { documentRow } from './stored-rows.ts';

/** The documents of one vault, of a file or of a server. */
export class DocumentShelf implements RowShelf {
  readonly #copied: CopiedDocuments;
  readonly size: () => Promise<number>;

  constructor(copied: CopiedDocuments, size: () => Promise<number>) {
    this.#copied = copied;
    this.size = size;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for await (const row of this.#copied.rows()) yield documentRow(row);
  }

  async rowsOf(ids: readonly (bigint | string)[]): Promise<StoredRow[]> {
    return (await this.#copied.rowsOf(ids as string[])).map(documentRow);
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    await this.#copied.put(rows.map(({ row }) => row as StoredDocumentRow));
  }

  add(rows: readonly StoredRow[]): Promise<void> {
    return this.put(rows);
  }

  async deleteMany(ids: readonly (bigint | string)[]): Promise<void> {
    await this.#copied.deleteMany(ids as string[]);
  }
}

/** Stands for the model of documents: a copy brings the vectors that it has made. */
export function noModel(): never {
  throw new KohakuVaultError('a copy of documents calls no model');
}
