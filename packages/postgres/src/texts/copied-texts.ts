import { ALL_IDS, type ResolvedIds } from '@kohakuvault/core-native/internal';
import type { CopiedRow } from '../client/copied-rows.ts';
import { pagesOf } from '../execution/pages.ts';
import { encodedIn } from '../kvault/encoded-in.ts';
import { storableText } from './storable-text.ts';
import type { TextContext } from './text-context.ts';
import type { NewText, StoredTextRow, TextWrites } from './text-writes.ts';

/** The documents of one vault as they are stored, for those who copy them. */
export class CopiedTexts {
  readonly #context: TextContext;
  readonly #writes: TextWrites;

  constructor(context: TextContext, writes: TextWrites) {
    this.#context = context;
    this.#writes = writes;
  }

  async *rows(): AsyncGenerator<StoredTextRow, void, undefined> {
    await this.#context.ready();
    const pages = pagesOf(this.#context.executor, ALL_IDS, {
      read: (range, limit) => this.#page(range, limit),
      after: (range, { id }, count) => ({ ...range, first: id + 1n, limit: range.limit - count }),
      lengthOf: ({ value, texts }: StoredTextRow) =>
        Object.values(texts).reduce((sum, text) => sum + text.length, value.length),
    });
    for await (const page of pages) yield* page;
  }

  /** Returns those of some documents that there are. */
  async rowsOf(ids: readonly bigint[]): Promise<StoredTextRow[]> {
    await this.#context.ready();
    const { executor, sql } = this.#context;
    return await executor.read(async (session) => {
      const copied = await session.copyOut?.(sql.copyOf(ids));
      if (copied) return copied.map((row) => this.#fromCopy(row));
      const { rows } = await session.query(sql.all, [`{${ids.join()}}`]);
      return rows.map((row) => this.#fromCells(row));
    });
  }

  /** Writes documents, in place of those that have their ids: all of them or none. */
  async put(documents: readonly StoredTextRow[]): Promise<void> {
    await this.#context.ready();
    await this.#writes.putAll(documents.map((document) => this.#encoded(document)));
  }

  /** Does the same for documents whose ids are most likely new. */
  async add(documents: readonly StoredTextRow[]): Promise<void> {
    await this.#context.ready();
    await this.#writes.addAll(documents.map((document) => this.#encoded(document)));
  }

  /** Decodes the values of documents, in their order. */
  decode(documents: readonly StoredTextRow[]): Promise<unknown[]> {
    const { codec, structures, executor } = this.#context;
    return structures.decode(executor, () => documents.map(({ value, id }) => codec.decode(value, id)));
  }

  /** Encodes values, as documents have them. */
  async encode(values: readonly unknown[]): Promise<Buffer[]> {
    await this.#context.ready();
    const { codec } = this.#context;
    return await encodedIn(this.#context, () => values.map((value) => Buffer.from(codec.encode(value, 'copy'))));
  }

  async #page({ first, last }: ResolvedIds, limit: number): Promise<StoredTextRow[]> {
    const { executor, sql } = this.#context;
    return await executor.read(async (session) => {
      const copied = await session.copyOut?.(sql.copyPage(first, limit));
      if (copied) return copied.map((row) => this.#fromCopy(row));
      const { rows } = await session.query(sql.page, [String(first), String(last), limit]);
      return rows.map((row) => this.#fromCells(row));
    });
  }

  #fromCells([id, value, ...texts]: readonly unknown[]): StoredTextRow {
    return { id: BigInt(id as string), value: value as Buffer, texts: this.#context.columns.make(texts) };
  }

  #fromCopy(row: CopiedRow): StoredTextRow {
    const [id, value, ...texts] = row as readonly Buffer[] as [Buffer, Buffer, ...Buffer[]];
    return { id: id.readBigInt64BE(), value, texts: this.#context.columns.make(texts.map(String)) };
  }

  #encoded({ id, texts, value }: StoredTextRow): NewText {
    const all = this.#context.columns.names.map((name) => storableText(`copy: document ${id}`, texts[name] as string));
    return { id, value, texts: all };
  }
}
