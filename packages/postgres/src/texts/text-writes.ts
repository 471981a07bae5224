import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { int4Cell, int8Cell, textCell } from '../client/copy-cells.ts';
import type { Cell } from '../client/copy-format.ts';
import { copyRowsOf } from '../client/copy-rows.ts';
import { ByteStrings, type Parameter, type Session, TextStrings } from '../client/session.ts';
import { batchesBy } from '../execution/batches.ts';
import { copiedIn } from '../execution/copied-in.ts';
import { FEW } from '../execution/pages.ts';
import { textIdMaker } from '../vectors/new-ids.ts';
import type { Kept } from './index/word-index.ts';
import type { TextContext } from './text-context.ts';

/** A document that is checked and encoded. */
export interface NewText {
  readonly id: bigint | undefined;
  readonly value: Buffer;
  readonly texts: readonly string[];
}

/** A document as those who copy a table read and write it. */
export interface StoredTextRow {
  readonly id: bigint;
  readonly texts: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** The changes of an update. */
export interface TextUpdate {
  /** For each column its new text, or undefined if it stays. */
  readonly texts: readonly (string | undefined)[] | undefined;
  readonly value: Buffer | undefined;
}

/** How many units of texts one statement takes. Its parameters are in memory several times. */
const BATCH_UNITS = 2 * 1024 * 1024;

/** The words of a longer text may be too many for a tsvector, which COPY reports as a failure of the server. */
const MOST_COPIED = 64 * 1024;

/** Writes documents and their words. */
export class TextWrites {
  readonly #context: TextContext;

  constructor(context: TextContext) {
    this.#context = context;
  }

  /** Inserts documents, all or none. Returns their ids. */
  async insert(owner: string, documents: readonly NewText[]): Promise<bigint[]> {
    const batches = batchesOf(documents);
    const [first] = batches;
    if (!first) return [];
    const copied = documents.length > FEW ? await this.#copyIn(batches) : undefined;
    if (copied) return copied;
    const { executor } = this.#context;
    const insert = async (session: Session) => {
      const ids: bigint[] = [];
      for (const batch of batches) ids.push(...(await this.#insertBatch(session, owner, batch)));
      return ids;
    };
    // A statement for one document is a transaction of its own.
    const ids = await (documents.length === 1 ? executor.write(insert) : executor.atomically(insert));
    this.#context.statistics.written();
    return ids;
  }

  async update(id: bigint, changes: TextUpdate): Promise<boolean> {
    const isThere = await this.#update(id, changes);
    this.#context.statistics.written();
    return isThere;
  }

  /** Writes documents with ids, in place of those that have them. */
  async putAll(documents: readonly NewText[]): Promise<void> {
    const { executor, sql } = this.#context;
    await executor.atomically(async (session) => {
      await session.query(sql.deleteMany, [`{${documents.map(({ id }) => id).join()}}`]);
      for (const batch of batchesOf(documents)) await this.#insertBatch(session, 'copy', batch);
    });
    this.#context.statistics.written();
  }

  /** Does the same for documents whose ids are most likely new. */
  async addAll(documents: readonly NewText[]): Promise<void> {
    if (!(await this.#copyIn(batchesOf(documents)))) await this.putAll(documents);
  }

  async delete(ids: readonly bigint[]): Promise<number> {
    const { executor, sql } = this.#context;
    const { count } = await executor.write((session) => session.query(sql.deleteMany, [`{${ids.join()}}`]));
    this.#context.statistics.written();
    return count;
  }

  async clear(): Promise<void> {
    const { executor, sql } = this.#context;
    await executor.write((session) => session.query(sql.clear));
    this.#context.statistics.written();
  }

  async #update(id: bigint, { texts, value }: TextUpdate): Promise<boolean> {
    const { executor, sql } = this.#context;
    const run = async (session: Session, text: string, parameters: readonly Parameter[]) => {
      const { count } = await session.query(text, [String(id), ...parameters]);
      return count > 0;
    };
    if (!texts) return await executor.write((session) => run(session, sql.updateValue, [value as Buffer]));
    const write = (session: Session, all: readonly string[]) => {
      const parameters = this.#wordsOf(all);
      return value ? run(session, sql.updateBoth, [value, ...parameters]) : run(session, sql.updateTexts, parameters);
    };
    if (texts.every((text) => text !== undefined)) return await executor.write((session) => write(session, texts));
    return await executor.atomically(async (session) => {
      const { rows } = await session.query(sql.getForUpdate, [String(id)]);
      if (!rows[0]) return false;
      const [, , ...stored] = rows[0] as [string, Buffer, ...string[]];
      return await write(
        session,
        texts.map((text, number) => text ?? (stored[number] as string)),
      );
    });
  }

  /** Brings documents in by COPY, all or none. Returns their ids; undefined if it cannot. */
  async #copyIn(batches: readonly (readonly NewText[])[]): Promise<bigint[] | undefined> {
    const { executor, sql, index, tokenize } = this.#context;
    if (batches.some((batch) => batch.some(({ texts }) => texts.some(({ length }) => length > MOST_COPIED)))) {
      return undefined;
    }
    const numbered = batches.map((batch) =>
      batch.map((document) => [document.id ?? textIdMaker.next(), document] as const),
    );
    const rowOf = ([id, { value, texts }]: readonly [bigint, NewText]): Cell[] => {
      const kept = texts.map((text) => index.keepBinary(text, tokenize));
      const count = kept.reduce((sum, { words }) => sum + words, 0);
      const cells = texts.flatMap((text, column) => [textCell(text), (kept[column] as Kept<Buffer>).cell]);
      return [int8Cell(id), value, int4Cell(count), ...cells];
    };
    const isIn = await copiedIn(
      executor,
      sql.copyIn,
      numbered.map((batch) => () => copyRowsOf(batch.map(rowOf))),
    );
    if (!isIn) return undefined;
    this.#context.statistics.written();
    return numbered.flatMap((batch) => batch.map(([id]) => id));
  }

  /** Inserts documents by one statement, and again those whose new ids were taken. */
  async #insertBatch(session: Session, owner: string, documents: readonly NewText[]): Promise<bigint[]> {
    const ids = documents.map(({ id }) => id ?? textIdMaker.next());
    let missing = documents.map((_, place) => place);
    for (;;) {
      const inserted = await this.#insertAs(
        session,
        missing.map((place) => documents[place] as NewText),
        missing.map((place) => ids[place] as bigint),
      );
      missing = missing.filter((place) => !inserted.has(ids[place] as bigint));
      if (missing.length === 0) return ids;
      for (const place of missing) {
        if (documents[place]?.id !== undefined) {
          throw new InvalidArgument(`${owner}: document ${ids[place]} exists already; update it, or leave the id out`);
        }
        ids[place] = textIdMaker.skip();
      }
    }
  }

  async #insertAs(session: Session, documents: readonly NewText[], ids: readonly bigint[]): Promise<Set<bigint>> {
    const { sql, columns, index, tokenize } = this.#context;
    const kept = documents.map(({ texts }) => texts.map((text) => index.keep(text, tokenize)));
    const counts = kept.map((all) => all.reduce((sum, { words }) => sum + words, 0));
    const parameters: Parameter[] = [
      `{${ids.join()}}`,
      new ByteStrings(documents.map(({ value }) => value)),
      `{${counts.join()}}`,
      ...columns.names.flatMap((_, column) => [
        new TextStrings(documents.map(({ texts }) => texts[column] as string)),
        new TextStrings(kept.map((all) => (all[column] as Kept<string>).cell)),
      ]),
    ];
    const { rows } = await session.query(sql.insert, parameters);
    return new Set(rows.map(([id]) => BigInt(id as string)));
  }

  /** Returns the number of words, then each text with its words. */
  #wordsOf(texts: readonly string[]): Parameter[] {
    const { index, tokenize } = this.#context;
    const kept = texts.map((text) => index.keep(text, tokenize));
    const count = kept.reduce((sum, { words }) => sum + words, 0);
    return [count, ...texts.flatMap((text, column) => [text, (kept[column] as Kept<string>).cell])];
  }
}

function batchesOf(documents: readonly NewText[]): NewText[][] {
  return batchesBy(documents, BATCH_UNITS, ({ value, texts }) =>
    texts.reduce((sum, text) => sum + text.length, value.length),
  );
}
