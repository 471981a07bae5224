import { storableText } from './storable-text.ts';
import type { TextContext } from './text-context.ts';
import { textPages } from './text-pages.ts';
import type { StoredTextRow, TextWrites } from './text-writes.ts';

/** Reads and writes documents as they are stored, for those who copy them. */
export class StoredTexts {
  readonly #context: TextContext;
  readonly #writes: TextWrites;

  constructor(context: TextContext, writes: TextWrites) {
    this.#context = context;
    this.#writes = writes;
  }

  async *rows(): AsyncGenerator<StoredTextRow, void, undefined> {
    for await (const row of textPages(this.#context, 'entries', undefined)) yield this.#made(row);
  }

  async rowsOf(ids: readonly bigint[]): Promise<StoredTextRow[]> {
    await this.#context.ready();
    const { executor, sql } = this.#context;
    const { rows } = await executor.read((session) => session.query(sql.all, [`{${ids.join()}}`]));
    return rows.map((row) => this.#made(row));
  }

  async put(documents: readonly StoredTextRow[]): Promise<void> {
    await this.#context.ready();
    const { names } = this.#context.columns;
    await this.#writes.putAll(
      documents.map(({ id, texts, value }) => ({
        id,
        value,
        texts: names.map((name) => storableText('copy', texts[name] as string)),
      })),
    );
  }

  #made([id, value, ...texts]: readonly unknown[]): StoredTextRow {
    return { id: BigInt(id as string), value: value as Buffer, texts: this.#context.columns.make(texts) };
  }
}
