import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { CopiedJobs } from '@kohakuvault/kvault/internal';
import type { CopiedDocuments } from '@kohakuvault/text/internal';
import type { RowShelf, StoredRow } from './side.ts';
import { documentRow, jobRow } from './stored-rows.ts';

type Id = bigint | string;

/** What is used of documents and of jobs as they are stored, of a file or of a server. */
interface Copied<Row, OwnId extends Id> {
  rows(): AsyncIterable<Row>;
  rowsOf(ids: readonly OwnId[]): Promise<Row[]>;
  put(rows: readonly Row[]): Promise<void>;
  deleteMany(ids: readonly OwnId[]): Promise<void>;
}

class CopiedShelf<Row, OwnId extends Id> implements RowShelf {
  readonly #copied: Copied<Row, OwnId>;
  readonly #shown: (row: Row) => StoredRow;
  readonly size: () => Promise<number>;

  constructor(copied: Copied<Row, OwnId>, shown: (row: Row) => StoredRow, size: () => Promise<number>) {
    this.#copied = copied;
    this.#shown = shown;
    this.size = size;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for await (const row of this.#copied.rows()) yield this.#shown(row);
  }

  async rowsOf(ids: readonly Id[]): Promise<StoredRow[]> {
    return (await this.#copied.rowsOf(ids as OwnId[])).map(this.#shown);
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    await this.#copied.put(rows.map(({ row }) => row as Row));
  }

  add(rows: readonly StoredRow[]): Promise<void> {
    return this.put(rows);
  }

  async deleteMany(ids: readonly Id[]): Promise<void> {
    await this.#copied.deleteMany(ids as OwnId[]);
  }
}

/** Returns the documents of one vault. */
export function documentShelf(copied: CopiedDocuments, size: () => Promise<number>): RowShelf {
  return new CopiedShelf(copied, documentRow, size);
}

/** Returns the jobs of one queue. */
export function jobShelf(copied: CopiedJobs): RowShelf {
  return new CopiedShelf(copied, jobRow, () => copied.size());
}

/** Stands for the model of documents: a copy brings the vectors that it has made. */
export function noModel(): never {
  throw new KohakuVaultError('a copy of documents calls no model');
}
