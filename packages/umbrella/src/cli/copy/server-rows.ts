import type { NeutralValues } from './neutral-values.ts';
import type { RowShelf, StoredRow } from './side.ts';

interface Row {
  readonly value: Buffer;
}

/** What is used of the vectors or the texts of a server as they are stored. */
interface Copied<R extends Row, Id> {
  rows(): AsyncIterable<R>;
  rowsOf(ids: readonly Id[]): Promise<R[]>;
  put(rows: readonly R[]): Promise<void>;
  add(rows: readonly R[]): Promise<void>;
  decode(rows: readonly R[]): Promise<unknown[]>;
  encode(values: readonly unknown[]): Promise<Buffer[]>;
}

interface Vault<Id> {
  deleteMany(ids: readonly Id[]): Promise<unknown>;
  size(): Promise<number>;
}

/** The rows of one vault of a server. With `neutral` their values are encoded without its structures. */
export class ServerRows<R extends Row, Id extends bigint | string> implements RowShelf {
  readonly #copied: Copied<R, Id>;
  readonly #vault: Vault<Id>;
  readonly #shown: (row: R) => StoredRow;
  readonly #neutral: NeutralValues | undefined;

  constructor(
    copied: Copied<R, Id>,
    vault: Vault<Id>,
    shown: (row: R) => StoredRow,
    neutral: NeutralValues | undefined,
  ) {
    this.#copied = copied;
    this.#vault = vault;
    this.#shown = shown;
    this.#neutral = neutral;
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    for await (const row of this.#copied.rows()) {
      if (this.#neutral) yield* await this.#neutralOf([row]);
      else yield this.#shown(row);
    }
  }

  async rowsOf(ids: readonly (bigint | string)[]): Promise<StoredRow[]> {
    return await this.#neutralOf(await this.#copied.rowsOf(ids as readonly Id[]));
  }

  async put(rows: readonly StoredRow[]): Promise<void> {
    await this.#copied.put(await this.#encoded(rows));
  }

  async add(rows: readonly StoredRow[]): Promise<void> {
    await this.#copied.add(await this.#encoded(rows));
  }

  async deleteMany(ids: readonly (bigint | string)[]): Promise<void> {
    await this.#vault.deleteMany(ids as readonly Id[]);
  }

  size(): Promise<number> {
    return this.#vault.size();
  }

  async #neutralOf(rows: readonly R[]): Promise<StoredRow[]> {
    const neutral = this.#neutral;
    if (!neutral) return rows.map(this.#shown);
    const values = await this.#copied.decode(rows);
    return rows.map((row, nth) => this.#shown({ ...row, value: neutral.bytesOf(values[nth]) }));
  }

  async #encoded(given: readonly StoredRow[]): Promise<R[]> {
    const rows = given.map(({ row }) => row as R);
    const neutral = this.#neutral;
    if (!neutral) return rows;
    const encoded = await this.#copied.encode(rows.map(({ value }) => neutral.valueOf(value)));
    return rows.map((row, nth) => ({ ...row, value: encoded[nth] as Buffer }));
  }
}
