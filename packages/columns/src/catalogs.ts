import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { type DType, type DTypeInfo, parseDType } from '@kohakuvault/packer';
import { BlockCatalog } from './blocks/block-catalog.ts';
import { ColumnCatalog, type ColumnEntry } from './chunks/column-catalog.ts';
import { type ConvertProgress, checkConvertible, copyElements } from './convert-columns.ts';
import type { ColumnStore, Layout } from './elements/column-store.ts';
import { storedDType } from './elements/record-dtype.ts';
import type { ChunkLimits } from './tables/limits.ts';

/** The columns of one layout. */
interface Catalog {
  list(): ColumnEntry[];
  has(name: string): boolean;
  open(name: string): ColumnStore | undefined;
  create(name: string, info: DTypeInfo, limits: ChunkLimits): void;
  delete(name: string): boolean;
  rename(from: string, to: string): boolean;
  readonly present: boolean;
  createTables(): void;
  dropTables(): void;
}

type Progress = (progress: ConvertProgress) => void;

/** The columns of a file, in the tables of Python 0.4 to 0.9 and in those of Python 1.x. */
export class Catalogs {
  #wanted: Layout;
  readonly #catalogs: Readonly<Record<Layout, Catalog>>;

  /** `wanted` is the layout of a new file. A file that has columns keeps its layout. */
  constructor(connection: Connection, wanted: Layout | undefined) {
    this.#catalogs = { '0.7': ColumnCatalog.of(connection), '1.x': BlockCatalog.of(connection) };
    this.#wanted = wanted ?? '0.7';
    // What the file has when it is opened decides, also if it gets the other tables later.
    this.#wanted = connection.consistently(() => this.layout);
    if (!connection.readonly) this.#catalogs[this.#wanted].createTables();
  }

  /** The layout that a new column gets, and the one that is looked into first. */
  get layout(): Layout {
    const hasChunks = this.#catalogs['0.7'].present;
    return hasChunks === this.#catalogs['1.x'].present ? this.#wanted : hasChunks ? '0.7' : '1.x';
  }

  /** Lists all columns. A name that both layouts have is listed once, as `open` finds it. */
  list(): (ColumnEntry & { readonly layout: Layout })[] {
    const first = this.#listOf(this.layout);
    const names = new Set(first.map(({ name }) => name));
    return [...first, ...this.#listOf(other(this.layout)).filter(({ name }) => !names.has(name))];
  }

  has(name: string): boolean {
    return this.layoutOf(name) !== undefined;
  }

  /** Returns the layout in which a column is found first. */
  layoutOf(name: string): Layout | undefined {
    return [this.layout, other(this.layout)].find((layout) => this.#catalogs[layout].has(name));
  }

  /** Returns the store of a column, of one layout or of the first that has it; undefined if there is no such column. */
  open(name: string, layout?: Layout): ColumnStore | undefined {
    if (layout !== undefined) return this.#catalogs[layout].open(name);
    return this.#catalogs[this.layout].open(name) ?? this.#catalogs[other(this.layout)].open(name);
  }

  /** Creates an empty column. Throws `InvalidArgument` if the name is taken, in any layout unless one is named. */
  create(name: string, info: DTypeInfo, limits: ChunkLimits, layout?: Layout): void {
    const isCompressed = storedDType(info.dtype).compression !== undefined;
    const into = layout ?? (isCompressed ? '1.x' : this.layout);
    if (layout === undefined && this.#catalogs[other(into)].has(name)) {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)} exists already, in the layout ${other(into)}; open it with column() or ` +
          'ensure(), or choose another name',
      );
    }
    if (isCompressed && into === '0.7') {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)}: only the layout 1.x has compressed columns; leave out layout: '0.7'`,
      );
    }
    this.#catalogs[into].create(name, info, limits);
  }

  delete(name: string, layout: Layout): boolean {
    return this.#catalogs[layout].delete(name);
  }

  rename(from: string, to: string, layout: Layout): void {
    if (this.#catalogs[other(layout)].has(to)) {
      throw new InvalidArgument(
        `column ${JSON.stringify(to)} exists already, in the layout ${other(layout)}; choose another name`,
      );
    }
    this.#catalogs[layout].rename(from, to);
  }

  dropTables(): void {
    for (const catalog of Object.values(this.#catalogs)) catalog.dropTables();
  }

  /**
   * Moves all columns of the other layout into a layout, which becomes that of the file. Runs in a transaction of the
   * caller. Returns how many were moved.
   */
  convert(layout: Layout, limitsOf: (info: DTypeInfo) => ChunkLimits, onProgress: Progress): number {
    const [from, to] = [this.#catalogs[other(layout)], this.#catalogs[layout]];
    const entries = from.list();
    const both = entries.filter(({ name }) => to.has(name)).map(({ name }) => name);
    if (both.length > 0) {
      throw new InvalidArgument(
        `columns of both layouts have the names ${both.map((name) => JSON.stringify(name)).join(', ')}; rename or delete ` +
          'one of each first',
      );
    }
    for (const { name, dtype } of entries) {
      checkConvertible(name, dtype);
      if (layout === '0.7') refuseCompressed(from.open(name) as ColumnStore);
    }
    for (const { name } of entries) {
      const source = from.open(name) as ColumnStore;
      const { dtype } = source;
      const info = { ...parseDType(storedDType(dtype).dtype), dtype: dtype as DType };
      to.create(name, info, limitsOf(info));
      copyElements(source, to.open(name) as ColumnStore, onProgress);
      from.delete(name);
    }
    if (from.present) from.dropTables();
    to.createTables();
    return entries.length;
  }

  #listOf(layout: Layout): (ColumnEntry & { readonly layout: Layout })[] {
    return this.#catalogs[layout].list().map((entry) => ({ ...entry, layout }));
  }
}

function refuseCompressed({ name, dtype }: ColumnStore): void {
  if (storedDType(dtype).compression === undefined) return;
  throw new InvalidArgument(
    `column ${JSON.stringify(name)} is compressed, and only the layout 1.x has compressed columns; copy it into a column ` +
      'without compression, and delete it',
  );
}

function other(layout: Layout): Layout {
  return layout === '0.7' ? '1.x' : '0.7';
}
