import type { StoredTextRow, StoredVectorRow } from '@kohakuvault/postgres/internal';
import type { TextVault } from '@kohakuvault/text';
import type { FieldTypes, VectorKVault } from '@kohakuvault/vector';
import type { NeutralValues } from './neutral-values.ts';
import type { RowShelf, StoredRow } from './side.ts';
import { textRow, vectorRow } from './stored-rows.ts';

type Id = bigint | string;
// biome-ignore lint/suspicious/noExplicitAny: the kind of the ids is known to the file only.
type Vectors = VectorKVault<unknown, 'auto', FieldTypes, any>;

/** The rows of one table of a file. With `neutral` its vault has values, and without it their stored bytes. */
abstract class FileRows implements RowShelf {
  protected readonly neutral: NeutralValues | undefined;

  constructor(neutral: NeutralValues | undefined) {
    this.neutral = neutral;
  }

  abstract rows(): AsyncGenerator<StoredRow, void, undefined>;
  abstract rowsOf(ids: readonly Id[]): Promise<StoredRow[]>;
  abstract put(rows: readonly StoredRow[]): Promise<void>;
  abstract deleteMany(ids: readonly Id[]): Promise<void>;
  abstract size(): Promise<number>;

  add(rows: readonly StoredRow[]): Promise<void> {
    return this.put(rows);
  }

  protected bytesOf(value: unknown): Buffer {
    return this.neutral ? this.neutral.bytesOf(value) : (value as Buffer);
  }

  protected valueOf(bytes: Buffer): unknown {
    return this.neutral ? this.neutral.valueOf(bytes) : bytes;
  }
}

/** The vectors of one table of a file. */
export class FileVectors extends FileRows {
  readonly #vault: Vectors;

  constructor(vault: unknown, neutral: NeutralValues | undefined) {
    super(neutral);
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
        this.#vault.upsert(vector, this.valueOf(value), { ...fields, id } as never);
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
    if (found) yield vectorRow({ ...found, value: this.bytesOf(found.value) });
  }
}

/** The documents of one table of a file. */
export class FileTexts extends FileRows {
  readonly #vault: TextVault<unknown, string>;

  constructor(vault: unknown, neutral: NeutralValues | undefined) {
    super(neutral);
    this.#vault = vault as TextVault<unknown, string>;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for (const [id, texts, value] of this.#vault) yield textRow({ id, texts, value: this.bytesOf(value) });
  }

  async rowsOf(ids: readonly Id[]): Promise<StoredRow[]> {
    return ids.flatMap((id) => {
      const found = this.#vault.getById(id as bigint);
      return found ? [textRow({ ...found, value: this.bytesOf(found.value) })] : [];
    });
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    this.#vault.transaction(() => {
      for (const { row } of rows) {
        const { id, texts, value: bytes } = row as StoredTextRow;
        const value = this.valueOf(bytes);
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
