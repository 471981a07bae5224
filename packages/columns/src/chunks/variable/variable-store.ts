import type { Access } from '@kohakuvault/core-native/internal/database';
import { checkRange } from '../../elements/check-range.ts';
import type { ColumnStats, ColumnStore } from '../../elements/column-store.ts';
import type { ElementBytes, EncodedBlock } from '../../elements/encoded-block.ts';
import type { ResidentData } from '../../resident/resident-data.ts';
import type { ChunkTables } from '../../tables/chunk-tables.ts';
import { DataChunks } from './data-chunks.ts';
import { ElementIndex } from './element-index.ts';
import type { EntryRuns, Run } from './entry-runs.ts';
import { chunkAt, ENTRY_BYTES, endAt, putEntries, startAt } from './index-entries.ts';
import { Rearrangement } from './rearrangement.ts';

/** The elements that are replaced at a time. */
const WRITTEN_TOGETHER = 4096;

const NO_ENTRIES: EncodedBlock = { count: 0, data: Buffer.alloc(0) };

/**
 * A column of variable-size elements: their bytes in the chunks of `<name>_data`, their bounds in the index
 * `<name>_idx`.
 */
export class VariableStore implements ColumnStore {
  readonly name: string;
  readonly layout = '0.7';
  readonly #connection: Access;
  readonly #index: ElementIndex;
  readonly #chunks: DataChunks;
  readonly #rearrangement: Rearrangement;

  constructor(connection: Access, tables: ChunkTables, name: string, dtype: string) {
    this.name = name;
    this.#connection = connection;
    this.#chunks = new DataChunks(connection, tables, name, dtype);
    this.#index = new ElementIndex(connection, tables, name);
    this.#rearrangement = new Rearrangement(this.#index, this.#chunks);
  }

  get dtype(): string {
    return this.#chunks.fresh().meta.dtype;
  }

  get length(): number {
    this.#chunks.fresh();
    return this.#index.length;
  }

  get bytes(): number {
    const known = this.#chunks.fresh().liveBytes;
    if (known !== undefined) return known;
    return this.#connection.consistently(() => {
      const data = this.#chunks.fresh();
      data.liveBytes = this.#index.elementBytes();
      return data.liveBytes;
    });
  }

  get generation(): number {
    return this.#chunks.fresh().generation + this.#index.generation;
  }

  read(start: number, end: number): EncodedBlock {
    const data = this.#chunks.fresh();
    const runs = this.#index.residentRuns(start, end);
    const isThere = runs?.runs.every((run) => run.start === run.end || data.chunk(run.chunk) !== undefined);
    return runs && isThere ? this.#block(data, runs) : this.#connection.consistently(() => this.#read(start, end));
  }

  /** Reads what is not resident, in one file state. */
  #read(start: number, end: number): EncodedBlock {
    const data = this.#chunks.fresh();
    checkRange(this.name, start, end, this.#index.length);
    const runs = this.#index.runs(start, end);
    // A large read would evict almost everything else, and profits least from staying in memory.
    if (data.mayKeep(runs.bytes)) {
      for (const { chunk, start, end } of runs.runs) if (end > start) this.#chunks.resident(data, chunk, end - start);
    }
    return this.#block(data, runs);
  }

  #block(data: ResidentData, runs: EntryRuns): EncodedBlock {
    return { count: runs.offsets.length - 1, data: this.#chunks.gather(data, runs), offsets: runs.offsets };
  }

  locate(index: number, target: ElementBytes): void {
    const data = this.#chunks.fresh();
    const segment = this.#index.fresh().segmentAt(index);
    if (segment) {
      const at = (index - segment.start) * ENTRY_BYTES;
      const [start, end] = [startAt(segment.bytes, at), endAt(segment.bytes, at)];
      const bytes = data.chunk(chunkAt(segment.bytes, at));
      if (bytes && start >= 0 && start <= end && end <= bytes.length) {
        target.bytes = bytes;
        target.start = start;
        target.end = end;
        return;
      }
    }
    this.#connection.consistently(() => this.#locate(index, target));
  }

  #locate(index: number, target: ElementBytes): void {
    const data = this.#chunks.fresh();
    checkRange(this.name, index, index + 1, this.#index.length);
    const [run] = this.#index.runs(index, index + 1).runs as [Run];
    const length = run.end - run.start;
    const bytes = length > 0 ? this.#chunks.resident(data, run.chunk, length) : NO_ENTRIES.data;
    target.bytes = bytes ?? this.#chunks.memoryFor(data, run);
    target.start = bytes && length > 0 ? run.start : 0;
    target.end = target.start + length;
    if (!bytes) this.#chunks.read(data, run.chunk, run.start, target.bytes);
    else if (target.end > bytes.length) throw this.#chunks.damage.short(run.chunk, bytes.length, target.end);
  }

  countWithin(start: number, end: number, bytes: number): number {
    return this.#index.countWithin(start, end, bytes);
  }

  append(block: EncodedBlock): number {
    return this.#change((data) => {
      this.#append(data, block);
      return this.#index.length;
    });
  }

  #append(data: ResidentData, block: EncodedBlock): void {
    if (block.count > 0) this.#index.append({ count: block.count, data: this.#chunks.add(data, block) });
  }

  write(start: number, block: EncodedBlock): void {
    this.#change((data) => {
      const end = start + block.count;
      checkRange(this.name, start, end, this.#index.length);
      const before = this.#index.runs(start, end).bytes;
      for (let at = start; at < end; ) at = this.#writeSome(data, start, block, at);
      data.grew(block.data.length - before);
      data.generation++;
    });
  }

  /**
   * Writes the elements from `at` on that are in one chunk. Returns the index after them. `block` begins at `start`.
   */
  #writeSome(data: ResidentData, start: number, block: EncodedBlock, at: number): number {
    const { runs } = this.#index.runs(at, Math.min(start + block.count, at + WRITTEN_TOGETHER));
    const { chunk } = runs[0] as Run;
    const other = runs.findIndex((run) => run.chunk !== chunk);
    const together = other < 0 ? runs : runs.slice(0, other);
    const next = at + (together.at(-1) as Run).next;
    const offsets = block.offsets as Float64Array;
    const sizeOf = (run: Run) =>
      (offsets[at - start + run.next] as number) - (offsets[at - start + run.first] as number);
    if (together.every((run) => sizeOf(run) <= run.end - run.start)) {
      this.#writeInPlace(data, cutOut(block, at - start, next - start), at, together);
      if (together.some((run) => sizeOf(run) < run.end - run.start)) {
        this.#rearrangement.begin(data);
        const group = this.#index.groupAt(at);
        this.#rearrangement.reclaim(data, group.chunk, group.first, group.next);
      }
    } else {
      // Ordering the chunks first may have moved the elements.
      if (this.#rearrangement.begin(data)) return at;
      const group = this.#index.groupAt(at);
      const head = this.#rearrangement.gather(data, group.first, at);
      const tail = this.#rearrangement.gather(data, next, group.next);
      this.#rearrangement.rewrite(data, group, concatenated(head, cutOut(block, at - start, next - start), tail));
    }
    return next;
  }

  /** Overwrites runs of elements, each of which has enough room for its new bytes. */
  #writeInPlace(data: ResidentData, block: EncodedBlock, at: number, runs: readonly Run[]): void {
    const offsets = block.offsets as Float64Array;
    const entries = Buffer.allocUnsafe(block.count * ENTRY_BYTES);
    for (const { chunk, start, first, next } of runs) {
      this.#chunks.write(data, chunk, start, block.data.subarray(offsets[first], offsets[next]));
      putEntries(entries, offsets, { from: first, to: next, chunk, start });
    }
    if (!entries.equals(this.#index.read(at, at + block.count).data)) {
      this.#index.write(at, { count: block.count, data: entries });
    }
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#change((data) => {
      checkRange(this.name, start, start + deleteCount, this.#index.length);
      if (deleteCount > 0) this.#remove(data, start, start + deleteCount);
      if (start === this.#index.length) this.#append(data, block);
      else if (block.count > 0) this.#insert(data, start, block);
      data.generation++;
    });
  }

  #remove(data: ResidentData, start: number, end: number): void {
    if (end - start === this.#index.length) {
      this.#index.clear();
      this.#chunks.deleteAll(data);
      return;
    }
    this.#rearrangement.begin(data);
    const { runs, bytes } = this.#index.runs(start, end);
    const [left, right] = [this.#index.groupAt(start), this.#index.groupAt(end - 1)];
    this.#index.splice(start, end - start, NO_ENTRIES);
    data.grew(-bytes);
    const between = new Set(runs.map(({ chunk }) => chunk));
    between.delete(left.chunk);
    between.delete(right.chunk);
    for (const chunk of between) this.#rearrangement.drop(data, chunk);
    const removed = end - start;
    if (left.chunk === right.chunk) {
      this.#rearrangement.reclaim(data, left.chunk, left.first, right.next - removed);
    } else {
      // The right chunk first: rewriting the left one could move it.
      this.#rearrangement.reclaim(data, right.chunk, start, right.next - removed);
      this.#rearrangement.reclaim(data, left.chunk, left.first, start);
    }
  }

  /** Inserts elements before the one at `at`, into the chunk of the element before it. */
  #insert(data: ResidentData, at: number, block: EncodedBlock): void {
    this.#rearrangement.begin(data);
    const group = this.#index.groupAt(Math.max(0, at - 1));
    const head = this.#rearrangement.gather(data, group.first, at);
    const tail = this.#rearrangement.gather(data, at, group.next);
    this.#rearrangement.rewrite(data, group, concatenated(head, block, tail));
    data.grew(block.data.length);
  }

  clear(): void {
    this.#change((data) => {
      this.#index.clear();
      this.#chunks.deleteAll(data);
      data.generation++;
    });
  }

  stats(): ColumnStats {
    return this.#connection.consistently(() => this.#rearrangement.stats(this.#chunks.fresh()));
  }

  compact(): void {
    this.#change((data) => {
      this.#rearrangement.compact(data);
      data.generation++;
    });
  }

  /** Runs a change in a transaction, with what the file says at its start. */
  #change<T>(work: (data: ResidentData) => T): T {
    return this.#connection.transaction(() => {
      const data = this.#chunks.fresh();
      // Python uses the limit of the data for the index too, and destroys entries if they differ.
      const { maxChunk } = this.#index;
      if (data.meta.maxChunk !== maxChunk) this.#chunks.setMaxChunk(data, maxChunk);
      return work(data);
    });
  }
}

/** Returns some of a block's elements. */
function cutOut({ data, offsets: all }: EncodedBlock, from: number, to: number): EncodedBlock {
  const start = all?.[from] as number;
  const offsets = (all as Float64Array).slice(from, to + 1).map((bound) => bound - start);
  return { count: to - from, data: data.subarray(start, all?.[to]), offsets };
}

function concatenated(...blocks: EncodedBlock[]): EncodedBlock {
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const offsets = new Float64Array(count + 1);
  let [done, shift] = [0, 0];
  for (const block of blocks) {
    for (let index = 1; index <= block.count; index++)
      offsets[done + index] = (block.offsets?.[index] as number) + shift;
    done += block.count;
    shift += block.data.length;
  }
  return { count, data: Buffer.concat(blocks.map(({ data }) => data)), offsets };
}
