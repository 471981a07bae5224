import { NotFound } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { checkRange } from '../elements/check-range.ts';
import type { ColumnStats, ColumnStore } from '../elements/column-store.ts';
import type { ElementBytes, EncodedBlock } from '../elements/encoded-block.ts';
import type { ChunkWatch } from '../resident/chunk-watch.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import { ChunkDamage } from '../tables/chunk-damage.ts';
import { BlockChanges } from './block-changes.ts';
import { BlockDirectory } from './block-directory.ts';
import { BlockReads } from './block-reads.ts';
import type { BlockMeta, BlockTables } from './block-tables.ts';
import { ResidentBlocks } from './resident-blocks.ts';
import { isSealed, type Sealing } from './sealing.ts';

/**
 * A column of elements that vary in size, in the tables of Python 1.x: blocks of consecutive elements, each with the
 * bounds of its elements.
 */
export class BlockStore implements ColumnStore {
  readonly name: string;
  readonly layout = '1.x';
  readonly #dtype: string;
  readonly #connection: Access;
  readonly #tables: BlockTables;
  readonly #residents: ResidentSet;
  readonly #watch: ChunkWatch;
  readonly #resident: ResidentBlocks;
  readonly #reads: BlockReads;
  readonly #changes: BlockChanges;
  readonly #sealing: Sealing | undefined;

  constructor(connection: Access, tables: BlockTables, name: string, dtype: string, sealing?: Sealing) {
    this.name = name;
    this.#dtype = dtype;
    this.#connection = connection;
    this.#tables = tables;
    this.#residents = ResidentSet.of(connection);
    this.#watch = ResidentBlocks.watchOf(connection);
    this.#resident = ResidentBlocks.of(connection, name);
    const damage = new ChunkDamage(name);
    this.#sealing = sealing;
    this.#reads = new BlockReads({ connection, tables, damage, name, sealing });
    this.#changes = new BlockChanges(tables, damage, this.#reads, sealing);
  }

  get dtype(): string {
    return this.#fresh().directory.meta.dtype;
  }

  get length(): number {
    return this.#fresh().directory.length;
  }

  get bytes(): number {
    return this.#fresh().directory.bytes;
  }

  get generation(): number {
    this.#fresh();
    return this.#resident.generation;
  }

  read(start: number, end: number): EncodedBlock {
    return this.#connection.consistently(() => {
      const column = this.#fresh();
      const { directory } = column;
      checkRange(this.name, start, end, directory.length);
      // A large read would evict almost everything else, and profits least from staying in memory.
      const [first, last] = [directory.placeOf(start), directory.placeOf(Math.max(start, end - 1))];
      const bytes = directory.blocks.slice(first, last + 1).reduce((sum, { used }) => sum + used, 0);
      return this.#reads.read(column, start, end, bytes <= this.#residents.capacity / 2);
    });
  }

  locate(index: number, target: ElementBytes): void {
    if (this.#reads.find(this.#fresh(), index, target)) return;
    this.#connection.consistently(() => {
      const column = this.#fresh();
      checkRange(this.name, index, index + 1, column.directory.length);
      this.#reads.locate(column, index, target);
    });
  }

  countWithin(start: number, end: number, bytes: number): number {
    return this.#connection.consistently(() => this.#reads.countWithin(this.#fresh(), start, end, bytes));
  }

  append(block: EncodedBlock): number {
    return this.#change((column) => {
      this.#changes.append(column, block);
      return column.directory.length;
    });
  }

  write(start: number, block: EncodedBlock): void {
    this.#change((column) => {
      checkRange(this.name, start, start + block.count, column.directory.length);
      if (!this.#changes.overwrite(column, start, block)) {
        this.#changes.splice(column, start, block.count, block);
      }
      this.#resident.generation++;
    });
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#change((column) => {
      const { length } = column.directory;
      checkRange(this.name, start, start + deleteCount, length);
      if (start === length) this.#changes.append(column, block);
      else if (deleteCount === length && block.count === 0) this.#changes.clear(column);
      else this.#changes.splice(column, start, deleteCount, block);
      this.#resident.generation++;
    });
  }

  clear(): void {
    this.#change((column) => {
      this.#changes.clear(column);
      this.#resident.generation++;
    });
  }

  stats(): ColumnStats {
    return this.#connection.consistently(() => {
      const { meta, blocks, bytes } = this.#fresh().directory;
      const sizes = this.#tables.chunks(meta.id).reduce((sum, { size }) => sum + Math.max(0, size), 0);
      const last = blocks.at(-1);
      const free = last && !isSealed(last) ? Math.max(0, last.capacity - last.used) : 0;
      const liveBytes = this.#sealing
        ? blocks.reduce((sum, block) => sum + (isSealed(block) ? block.capacity : block.used), 0)
        : bytes;
      return { chunks: blocks.length, liveBytes, deadBytes: Math.max(0, sizes - free - liveBytes) };
    });
  }

  compact(): void {
    this.#change((column) => {
      if (column.directory.blocks.length > 0) this.#changes.compact(column);
      this.#resident.generation++;
    });
  }

  /** Returns the resident copy, after renewing it if the file may have changed. */
  #fresh(): ResidentBlocks {
    const version = this.#watch.look();
    if (version !== undefined && version === this.#resident.version) return this.#resident;
    return this.#connection.consistently(() => this.#renewed(version, this.#findMeta()));
  }

  #renewed(version: number | undefined, meta: BlockMeta): ResidentBlocks {
    // Without a file state, nothing may be kept and nothing resident may be used.
    const column = version === undefined ? ResidentBlocks.transient() : this.#resident;
    column.renew(version, new BlockDirectory(meta, this.#tables.blocks(meta.id), this.#sealing !== undefined));
    return column;
  }

  #findMeta(): BlockMeta {
    const meta = this.#tables.find(this.name);
    if (!meta) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.name)} no longer exists: it was deleted or renamed; call column() with a name of listColumns()`,
      );
    }
    if (meta.dtype === this.#dtype) return meta;
    this.#resident.invalidate();
    throw new NotFound(`column ${JSON.stringify(this.name)} was recreated as ${meta.dtype}; call column() again`);
  }

  /** Runs a change in a transaction, with what the file says at its start. */
  #change<T>(work: (column: ResidentBlocks) => T): T {
    return this.#connection.transaction(() => {
      const column = this.#fresh();
      const meta = this.#findMeta();
      const { directory, version } = column;
      const isSame = meta.id === directory.meta.id && meta.length === directory.length;
      // The file has changed without a sign.
      if (!isSame) column.dropAll();
      const current = isSame ? column : this.#renewed(version, meta);
      current.directory.checkWhole();
      return work(current);
    });
  }
}
