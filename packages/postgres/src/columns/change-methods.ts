import {
  checkIndex,
  clip,
  type ElementCodec,
  type EncodedBlock,
  resolveIndex,
  reversed,
  single,
} from '@kohakuvault/columns/internal';
import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType, ElementOf, Elements, InputOf, Int64 } from '@kohakuvault/packer';
import type { Session } from '../client/session.ts';
import { emptyBlock } from './chunk-blocks.ts';
import type { ColumnContext } from './column-context.ts';
import type { ColumnMeta, ColumnRows } from './column-rows.ts';
import { NumberMethods } from './number-methods.ts';

/** What a column is made of. */
export interface ColumnParts<D extends DType, I extends Int64, T> {
  readonly context: ColumnContext;
  readonly rows: ColumnRows;
  readonly codec: ElementCodec<D, I, T>;
  /** The bytes of an element, or 0 if they vary. */
  readonly elemSize: number;
}

/** The methods of a column on a server that change it. */
export abstract class ChangeMethods<D extends DType, I extends Int64, T> extends NumberMethods<D, I, T> {
  abstract readonly name: string;
  /** @internal What a frame does with the column in a transaction of its own. */
  abstract get inside(): ColumnParts<D, I, T>;

  /** Replaces one element. */
  async set(index: number, value: InputOf<D, T>): Promise<void> {
    checkIndex('set', index);
    const block = single(Buffer.from(this.inside.codec.encode(value)), this.inside.codec.info.isVarsize);
    await this.#change((session, meta) =>
      this.inside.rows.set(session, meta, this.#resolve('set', index, meta), block),
    );
  }

  /** Replaces as many elements as are given, from `start` on. */
  async setSlice(start: number, values: Elements<D, T>): Promise<void> {
    checkIndex('setSlice', start);
    const block = this.inside.codec.encodeAll(values);
    await this.#change(async (session, meta) => {
      const from = start < 0 ? start + meta.length : start;
      if (from < 0 || from + block.count > meta.length) {
        throw new InvalidArgument(
          `setSlice: ${block.count} elements from ${start} on do not fit; the column has ${meta.length}, ` +
            'and only extend and insert add elements',
        );
      }
      if (block.count > 0) await this.inside.rows.splice(session, meta, from, block.count, block);
    });
  }

  /** Adds one element at the end. Returns the new length. */
  async append(value: InputOf<D, T>): Promise<number> {
    return await this.#append(single(Buffer.from(this.inside.codec.encode(value)), this.inside.codec.info.isVarsize));
  }

  /** Adds elements at the end. Returns the new length. */
  async push(...values: InputOf<D, T>[]): Promise<number> {
    return await this.extend(values);
  }

  /** Adds all elements of an array, a typed array, a tensor or another iterable, or none. Returns the new length. */
  async extend(values: Elements<D, T>): Promise<number> {
    const block = this.inside.codec.encodeAll(values);
    return block.count === 0 ? await this.length() : await this.#append(block);
  }

  /**
   * Adds elements that are encoded already. Returns the new length.
   * @internal
   */
  appendPrepared(block: EncodedBlock): Promise<number> {
    return this.#append(block);
  }

  /** Inserts an element before the one at `index`, which is clipped as by `Array.prototype.splice`. */
  async insert(index: number, value: InputOf<D, T>): Promise<void> {
    checkIndex('insert', index);
    const block = single(Buffer.from(this.inside.codec.encode(value)), this.inside.codec.info.isVarsize);
    await this.#change((session, meta) =>
      this.inside.rows.splice(session, meta, clip(index, meta.length, 0), 0, block),
    );
  }

  /** Removes one element. Returns it. */
  async remove(index: number): Promise<ElementOf<D, I, T>> {
    checkIndex('remove', index);
    return await this.#change(async (session, meta) => {
      const at = this.#resolve('remove', index, meta);
      const { block } = await this.inside.rows.readIn(session, at, at + 1);
      await this.inside.rows.splice(session, meta, at, 1, emptyBlock(this.inside.elemSize));
      return this.inside.codec.decode(block.data, 0, block.data.length);
    });
  }

  /** Removes the elements of a range. Returns their number. */
  async removeRange(start: number, end: number): Promise<number> {
    checkIndex('removeRange', start);
    checkIndex('removeRange', end);
    return await this.#change(async (session, meta) => {
      const from = clip(start, meta.length, 0);
      const count = Math.max(0, clip(end, meta.length, meta.length) - from);
      if (count > 0) await this.inside.rows.splice(session, meta, from, count, emptyBlock(this.inside.elemSize));
      return count;
    });
  }

  /** Shortens the column to its first `length` elements. Returns the number of removed ones. */
  async truncate(length: number): Promise<number> {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new InvalidArgument(`truncate: the length is ${describe(length)}; expected a whole number, at least 0`);
    }
    const { executor } = await this.#ready();
    return await executor.atomically((session) => this.truncateIn(session, length));
  }

  /** @internal Shortens the column in the transaction of a session. */
  async truncateIn(session: Session, length: number): Promise<number> {
    const meta = await this.inside.rows.lock(session);
    const count = meta.length - length;
    if (count < 0) {
      throw new InvalidArgument(
        `truncate: column ${JSON.stringify(this.name)} has ${meta.length} elements; expected at most that, got ` +
          `${length}; use extend to make it longer`,
      );
    }
    if (count > 0) await this.inside.rows.splice(session, meta, length, count, emptyBlock(this.inside.elemSize));
    return count;
  }

  /** Removes the last element. Returns it, or undefined if the column is empty. */
  async pop(): Promise<ElementOf<D, I, T> | undefined> {
    return await this.#change(async (session, meta) => {
      if (meta.length === 0) return undefined;
      const { block } = await this.inside.rows.readIn(session, meta.length - 1, meta.length);
      await this.inside.rows.splice(session, meta, meta.length - 1, 1, emptyBlock(this.inside.elemSize));
      return this.inside.codec.decode(block.data, 0, block.data.length);
    });
  }

  /** Removes all elements. */
  async clear(): Promise<void> {
    await this.removeRange(0, Number.MAX_SAFE_INTEGER);
  }

  /** Reverses the order of all elements. */
  async reverse(): Promise<this> {
    await this.#change(async (session, meta) => {
      const { block } = await this.inside.rows.readIn(session, 0, meta.length);
      if (block.count > 1)
        await this.inside.rows.splice(session, meta, 0, meta.length, reversed(block, this.inside.elemSize));
    });
    return this;
  }

  /** Joins the short chunks that single appends have left. */
  async compact(): Promise<void> {
    await this.#change(async (session) => {
      const page = 16 * 1024 * 1024;
      const step = Math.max(1, Math.floor(page / Math.max(1, this.inside.elemSize || 1024)));
      for (let at = 0; ; at += step) {
        const meta = await this.inside.rows.lock(session);
        if (at >= meta.length) return;
        const { block } = await this.inside.rows.readIn(session, at, Math.min(meta.length, at + step));
        await this.inside.rows.splice(session, meta, at, block.count, block);
      }
    });
  }

  async #append(block: EncodedBlock): Promise<number> {
    const { executor } = await this.#ready();
    return await executor.atomically((session) => this.inside.rows.append(session, block));
  }

  /** Runs a change of a column that is locked. */
  async #change<R>(body: (session: Session, meta: ColumnMeta) => Promise<R>): Promise<R> {
    const { executor } = await this.#ready();
    return await executor.atomically(async (session) => body(session, await this.inside.rows.lock(session)));
  }

  #resolve(what: string, index: number, { length }: ColumnMeta): number {
    return resolveIndex(`${what} in column ${JSON.stringify(this.name)}`, index, length);
  }

  async #ready(): Promise<ColumnContext> {
    const { context } = this.inside;
    await context.ready();
    return context;
  }
}
