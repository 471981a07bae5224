import {
  checkFrameName,
  checkSchema,
  columnName,
  type FrameSchema,
  namesOf,
  unequal,
} from '@kohakuvault/columns/internal';
import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import { TextStrings } from './client/session.ts';
import type { ColumnContext } from './columns/column-context.ts';
import type { PostgresColumn } from './postgres-column.ts';
import { PostgresFrame } from './postgres-frame.ts';

/** The frames of a vault of columns: columns of one length that grow together. */
export abstract class ColumnFrames {
  /** @internal */
  protected readonly context: ColumnContext;

  /** @internal */
  constructor(context: ColumnContext) {
    this.context = context;
  }

  abstract column(name: string, dtype?: DType): Promise<PostgresColumn>;
  abstract listColumns(): Promise<{ name: string }[]>;

  frame<const S extends FrameSchema>(name: string, schema: S): Promise<PostgresFrame<S>>;
  frame(name: string): Promise<PostgresFrame>;
  async frame<S extends FrameSchema>(name: string, schema?: S): Promise<PostgresFrame<S>> {
    checkFrameName(name);
    const wanted = schema && checkSchema(schema);
    let present = await this.#namesOf(name);
    const more = wanted && present.find((column) => !wanted.includes(column));
    if (wanted && more !== undefined) {
      throw new InvalidArgument(
        `frame ${JSON.stringify(name)} also has the column ${JSON.stringify(more)}; expected ${wanted.join(', ')}; leave out ` +
          'the columns to open it as it is',
      );
    }
    if (schema && wanted?.some((column) => !present.includes(column))) {
      await this.#makeFrame(name, schema, present);
      present = await this.#namesOf(name);
    }
    if (present.length === 0) {
      throw new NotFound(`there is no frame ${JSON.stringify(name)}; give its columns to create it`);
    }
    const names = wanted ?? present;
    const columns: Record<string, PostgresColumn> = {};
    const lengths: { length: number }[] = [];
    for (const own of names) {
      const column = await this.column(columnName(name, own), schema?.[own]);
      columns[own] = column as unknown as PostgresColumn;
    }
    const frame = new PostgresFrame<S>(this.context, name, columns);
    for (const column of Object.values(columns)) lengths.push({ length: await column.length() });
    if (lengths.some(({ length }) => length !== lengths[0]?.length)) throw unequal(name, names, lengths);
    return frame;
  }

  /** Deletes a frame with its columns. Returns whether there was such a frame. */
  async deleteFrame(name: string): Promise<boolean> {
    checkFrameName(name);
    const names = await this.#namesOf(name);
    const { executor, sql } = await this.ready();
    const list = new TextStrings(names.map((own) => columnName(name, own)));
    return await executor.atomically(async (session) => {
      const { count } = await session.query(`DELETE FROM ${sql.columns} WHERE name = ANY ($1::text[])`, [list]);
      await session.query(`DELETE FROM ${sql.chunks} WHERE name = ANY ($1::text[])`, [list]);
      return count > 0;
    });
  }

  /** @internal */
  protected async ready(): Promise<ColumnContext> {
    await this.context.ready();
    return this.context;
  }

  async #namesOf(frame: string): Promise<string[]> {
    const all = await this.listColumns();
    return namesOf(
      frame,
      all.map(({ name }) => name),
    );
  }

  /** Creates the columns of a frame that are missing, all or none. */
  async #makeFrame(name: string, schema: FrameSchema, present: readonly string[]): Promise<void> {
    const missing = Object.entries(schema).filter(([own]) => !present.includes(own));
    const made = missing.map(([own, dtype]) => {
      return { name: columnName(name, own), dtype: parseDType(dtype).dtype };
    });
    const { executor, sql } = await this.ready();
    await executor.atomically(async (session) => {
      for (const [nth, { name, dtype }] of made.entries()) await session.query(sql.insertNth, [name, dtype, nth]);
    });
  }
}
