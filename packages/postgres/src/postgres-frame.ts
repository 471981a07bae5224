import {
  ARROW_RULES,
  type ArrowOptions,
  type ArrowTable,
  type AsyncFrame,
  arrowModule,
  batchBounds,
  blocksToArrow,
  checkIndex,
  checkRow,
  copyIndexes,
  type EncodedBlock,
  type FrameBlocks,
  type FrameConditions,
  type FrameInput,
  type FrameRow,
  type FrameSchema,
  RANGE_RULES,
  type RangeOptions,
  resolveIndexes,
  rowsThatMeet,
  single,
  unequal,
  unknownColumn,
} from '@kohakuvault/columns/internal';
import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Elements } from '@kohakuvault/packer';
import type { Session } from './client/session.ts';
import { part } from './columns/chunk-blocks.ts';
import type { ColumnContext } from './columns/column-context.ts';
import type { PostgresColumn } from './postgres-column.ts';

/** The rows that are read at a time. */
const ROWS_AT_ONCE = 4096;

/** Columns of one length that grow together, on a PostgreSQL server. See `AsyncFrame` for what its calls do. */
export class PostgresFrame<S extends FrameSchema = FrameSchema> implements AsyncFrame<S> {
  readonly name: string;
  readonly columns: { readonly [K in keyof S]: PostgresColumn<S[K]> };
  readonly #context: ColumnContext;
  readonly #names: readonly (keyof S & string)[];
  readonly #list: readonly PostgresColumn[];

  /** @internal */
  constructor(context: ColumnContext, name: string, columns: Readonly<Record<string, PostgresColumn>>) {
    this.name = name;
    this.columns = columns as never;
    this.#context = context;
    this.#names = Object.keys(columns);
    this.#list = Object.values(columns);
  }

  async length(): Promise<number> {
    return await this.#consistently((session) => this.#length(session));
  }

  async append(row: FrameInput<S>): Promise<number> {
    checkRow('append', row, this.#names, 0);
    const blocks = this.#list.map(({ inside: { codec } }, nth) => {
      const value = (row as Record<string, unknown>)[this.#names[nth] as string];
      return single(Buffer.from(codec.encode(value as never)), codec.info.isVarsize);
    });
    return await this.#grow(blocks);
  }

  async extend(rows: Iterable<FrameInput<S>> | { readonly [K in keyof S]: Elements<S[K]> }): Promise<number> {
    const blocks = this.#encoded(rows);
    const count = blocks[0]?.count ?? 0;
    const other = blocks.findIndex((block) => block.count !== count);
    if (other >= 0) {
      throw new InvalidArgument(
        `extend: ${this.#names[0]} has ${count} elements and ${this.#names[other]} has ${blocks[other]?.count}; ` +
          'give all columns as many',
      );
    }
    return count === 0 ? await this.length() : await this.#grow(blocks);
  }

  async at(index: number): Promise<FrameRow<S> | undefined> {
    checkIndex('at', index);
    return await this.#consistently(async (session) => {
      const length = await this.#length(session);
      const at = index < 0 ? index + length : index;
      if (at < 0 || at >= length) return undefined;
      const blocks = await this.#blocks(session, this.#names, at, at + 1);
      return this.#row((name) => (blocks[name] as ArrayLike<unknown>)[0]);
    });
  }

  async slice(start?: number, end?: number): Promise<FrameBlocks<S>> {
    return await this.#consistently(async (session) => {
      const length = await this.#length(session);
      const { start: from, end: to = length } = batchBounds({ start, end }, length);
      const blocks = await this.#blocks(session, this.#names, from, Math.max(from, Math.min(to, length)));
      return this.#row((name) => blocks[name]) as unknown as FrameBlocks<S>;
    });
  }

  async take(indexes: Iterable<number>): Promise<FrameBlocks<S>> {
    const places = copyIndexes('take', indexes);
    resolveIndexes('take', places, await this.length());
    const taken = await Promise.all(this.#list.map((column) => column.take(places)));
    return this.#row((_, nth) => taken[nth]) as unknown as FrameBlocks<S>;
  }

  /** Returns a range of rows as a table of the package apache-arrow. */
  async toArrow<V = ArrowTable>(options?: ArrowOptions): Promise<V> {
    checkOptions('toArrow', options, ARROW_RULES);
    const arrow = arrowModule('toArrow', options?.arrow);
    return await this.#consistently(async (session) => {
      const length = await this.#length(session);
      const { start, end = length } = batchBounds(options ?? {}, length);
      const read: {
        column: { name: string; dtype: string; decode(each: EncodedBlock): unknown };
        block: EncodedBlock;
      }[] = [];
      for (const { name, dtype, inside } of this.#list) {
        const { rows, codec, elemSize } = inside;
        const { block } = await rows.readIn(session, start, Math.max(start, Math.min(end, length)));
        const column = { name, dtype, decode: (each: EncodedBlock) => codec.decodeAll(each) };
        read.push({ column, block: part(block, 0, block.count, elemSize) });
      }
      return blocksToArrow(arrow, this.#names, read) as V;
    });
  }

  async *rows(range?: RangeOptions): AsyncGenerator<FrameRow<S>, void, undefined> {
    checkOptions('rows', range, RANGE_RULES);
    for await (const { blocks, count } of this.#windows(this.#names, range)) {
      for (let nth = 0; nth < count; nth++) yield this.#row((name) => (blocks[name] as ArrayLike<unknown>)[nth]);
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<FrameRow<S>, void, undefined> {
    return this.rows();
  }

  async where(conditions: FrameConditions<S>, range?: RangeOptions): Promise<Float64Array> {
    checkOptions('where', range, RANGE_RULES);
    return await rowsThatMeet(this, conditions, (names) => this.#windows(names, range));
  }

  async truncate(length: number): Promise<number> {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new InvalidArgument(`truncate: the length is ${describe(length)}; expected a whole number, at least 0`);
    }
    return await this.#change(async (session) => {
      let removed = 0;
      for (const column of this.#list) removed = await column.truncateIn(session, length);
      return removed;
    });
  }

  async clear(): Promise<void> {
    await this.truncate(0);
  }

  #column(name: string): PostgresColumn {
    const place = this.#names.indexOf(name);
    if (place >= 0) return this.#list[place] as PostgresColumn;
    throw unknownColumn(this.name, name, this.#names);
  }

  /** Adds to all columns, or to none. */
  #grow(blocks: readonly EncodedBlock[]): Promise<number> {
    return this.#change(async (session) => {
      let length = 0;
      for (const [nth, { inside }] of this.#list.entries()) {
        length = await inside.rows.append(session, blocks[nth] as EncodedBlock);
      }
      return length;
    });
  }

  /** Runs a change of all columns, which are locked. */
  async #change<R>(body: (session: Session) => Promise<R>): Promise<R> {
    await this.#context.ready();
    return await this.#context.executor.atomically(async (session) => {
      // In the order of their names, so that two writers do not wait for each other.
      const inOrder = [...this.#list].sort((a, b) => (a.name < b.name ? -1 : 1));
      const lengths = new Map<PostgresColumn, number>();
      for (const column of inOrder) lengths.set(column, (await column.inside.rows.lock(session)).length);
      this.#checkEqual(this.#list.map((column) => lengths.get(column) as number));
      return await body(session);
    });
  }

  async #length(session: Session): Promise<number> {
    const lengths: number[] = [];
    for (const { inside } of this.#list) lengths.push((await inside.rows.metaIn(session)).length);
    this.#checkEqual(lengths);
    return lengths[0] as number;
  }

  #checkEqual(lengths: readonly number[]): void {
    if (lengths.every((length) => length === lengths[0])) return;
    throw unequal(
      this.name,
      this.#names,
      lengths.map((length) => ({ length })),
    );
  }

  async #blocks(
    session: Session,
    names: readonly string[],
    from: number,
    to: number,
  ): Promise<Record<string, unknown>> {
    const blocks: Record<string, unknown> = {};
    for (const name of names) {
      const { rows, codec, elemSize } = this.#column(name).inside;
      const { block } = await rows.readIn(session, from, to);
      blocks[name] = codec.decodeAll(part(block, 0, block.count, elemSize));
    }
    return blocks;
  }

  #row(cell: (name: string, nth: number) => unknown): FrameRow<S> {
    return Object.fromEntries(this.#names.map((name, nth) => [name, cell(name, nth)])) as FrameRow<S>;
  }

  /** Reads some columns of a range, a window at a time. Each window is one state of the server. */
  async *#windows(names: readonly string[], range: RangeOptions | undefined) {
    for (let at: number | undefined; ; ) {
      const window = await this.#consistently(async (session) => {
        const length = await this.#length(session);
        const { start, end = length } = batchBounds(range ?? {}, length);
        const first = at ?? start;
        const last = Math.min(end, length, first + ROWS_AT_ONCE);
        if (first >= last) return undefined;
        return { first, count: last - first, blocks: await this.#blocks(session, names, first, last) };
      });
      if (!window) return;
      yield window;
      at = window.first + window.count;
    }
  }

  async #consistently<R>(read: (session: Session) => Promise<R>): Promise<R> {
    await this.#context.ready();
    return await this.#context.executor.consistently(read);
  }

  /** Encodes all rows, before anything is added. */
  #encoded(given: unknown): EncodedBlock[] {
    if (typeof given !== 'object' || given === null) {
      throw new InvalidArgument(`extend expects rows, or the elements of each column, got ${describe(given)}`);
    }
    const encode = (elements: (name: string) => unknown) =>
      this.#list.map(({ inside: { codec } }, nth) => codec.encodeAll(elements(this.#names[nth] as string) as never));
    if (!(Symbol.iterator in given)) {
      checkRow('extend', given, this.#names, undefined);
      return encode((name) => (given as Record<string, unknown>)[name]);
    }
    const rows = [...(given as Iterable<Record<string, unknown>>)];
    for (const [nth, row] of rows.entries()) checkRow('extend', row, this.#names, nth);
    return encode((name) => rows.map((row) => row[name]));
  }
}
