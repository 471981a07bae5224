import type { StoredTextRow, StoredVectorRow } from '@kohakuvault/postgres/internal';
import type { TextVault } from '@kohakuvault/text';
import type { FieldTypes, VectorKVault } from '@kohakuvault/vector';
import type { RowShelf, StoredRow } from './side.ts';
import { textRow, vectorRow } from './stored-rows.ts';

type Id = bigint | string;
// biome-ignore lint/suspicious/noExplicitAny: the kind of the ids is known to the file only.
type Vectors = VectorKVault<Buffer, 'auto', FieldTypes, any>;

/** The vectors of one table of a file. */
export class FileVectors implements RowShelf {
  readonly #vault: Vectors;

  constructor(vault: unknown) {
    this.#vault = vault as Vectors;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for (const id of this.#vault.keys()) yield* this.#of(id as Id);
  }

  async rowsOf(ids: readonly Id[]): Promise<StoredRow[]> {
    return ids.flatMap((id) => [...this.#of(id)]);
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    this.#vault.transaction(() => {
      for (const { row } of rows) {
        const { id, vector, value, fields } = row as StoredVectorRow;
        this.#vault.upsert(vector, value, { ...fields, id } as never);
      }
    });
  }

  async deleteMany(ids: readonly Id[]): Promise<void> {
    this.#vault.deleteMany(ids as never);
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  /** Others may delete it between two reads. */
  *#of(id: Id): Generator<StoredRow> {
    const found = this.#vault.snapshot(() => {
      const stored = this.#vault.getById(id as never);
      return stored && { id, ...stored, fields: this.#vault.fields(id as never) ?? {} };
    });
    if (found) yield vectorRow(found);
  }
}

/** The documents of one table of a file. */
export class FileTexts implements RowShelf {
  readonly #vault: TextVault<Buffer, string>;

  constructor(vault: unknown) {
    this.#vault = vault as TextVault<Buffer, string>;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for (const [id, texts, value] of this.#vault) yield textRow({ id, texts, value });
  }

  async rowsOf(ids: readonly Id[]): Promise<StoredRow[]> {
    return ids.flatMap((id) => {
      const found = this.#vault.getById(id as bigint);
      return found ? [textRow(found)] : [];
    });
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    this.#vault.transaction(() => {
      for (const { row } of rows) {
        const { id, texts, value } = row as StoredTextRow;
        if (!this.#vault.update(id, { texts, value })) this.#vault.insert(texts, value, { id });
      }
    });
  }

  async deleteMany(ids: readonly Id[]): Promise<void> {
    this.#vault.deleteMany(ids as bigint[]);
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }
}
