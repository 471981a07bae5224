import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { ColumnStats, ColumnStore, EncodedBlock, Located } from '../../layout.ts';
import type { ResidentData } from '../../resident/resident-data.ts';
import { DataChunks } from '../data-chunks.ts';
import { Rearrangement } from '../rearrangement.ts';
import type { LegacyTables } from '../tables.ts';
import { ElementIndex } from './element-index.ts';
import type { EntryRuns, Run } from './entry-runs.ts';
import { chunkAt, ENTRY_BYTES, endAt, putEntries, startAt } from './index-entries.ts';

/** Elements that are looked at together when many are replaced. */
const WRITTEN_TOGETHER = 4096;

const NO_ENTRIES: EncodedBlock = { count: 0, data: Buffer.alloc(0) };

/** A column of elements that vary in size: their bytes in chunks of `<name>_data`, where only the index `<name>_idx` knows them. */
export class VariableStore implements ColumnStore {
  readonly name: string;
  readonly #connection: Access;
  readonly #index: ElementIndex;
  readonly #chunks: DataChunks;
  readonly #arrange: Rearrangement;

  constructor(connection: Access, tables: LegacyTables, name: string, dtype: string) {
    this.name = name;
    this.#connection = connection;
    this.#chunks = new DataChunks(connection, tables, name, dtype);
    this.#index = new ElementIndex(connection, tables, name);
    this.#arrange = new Rearrangement(this.#index, this.#chunks);
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

  /** With something that is to be read from the file, so in a state of its own. */
  #read(start: number, end: number): EncodedBlock {
    const data = this.#chunks.fresh();
    checkRange(this.name, start, end, this.#index.length);
    const runs = this.#index.runs(start, end);
    // What takes much of the memory there is would drive everything else out, and gains least by staying.
    if (data.mayKeep(runs.bytes)) {
      for (const run of runs.runs) if (run.end > run.start) this.#chunks.resident(data, run.chunk);
    }
    return this.#block(data, runs);
  }

  #block(data: ResidentData, runs: EntryRuns): EncodedBlock {
    return { count: runs.offsets.length - 1, data: this.#chunks.gather(data, runs), offsets: runs.offsets };
  }

  locate(index: number, located: Located): void {
    const data = this.#chunks.fresh();
    const segment = this.#index.fresh().segmentAt(index);
    if (segment) {
      const at = (index - segment.start) * ENTRY_BYTES;
      const [start, end] = [startAt(segment.bytes, at), endAt(segment.bytes, at)];
      const bytes = data.chunk(chunkAt(segment.bytes, at));
      if (bytes && start >= 0 && start <= end && end <= bytes.length) {
        located.bytes = bytes;
        located.start = start;
        located.end = end;
        return;
      }
    }
    this.#connection.consistently(() => this.#locate(index, located));
  }

  #locate(index: number, located: Located): void {
    const data = this.#chunks.fresh();
    checkRange(this.name, index, index + 1, this.#index.length);
    // Read and so kept with its neighbours: `locate` finds it next time.
    this.#index.segment(this.#index.fresh(), index);
    const [run] = this.#index.runs(index, index + 1).runs as [Run];
    const bytes = run.end > run.start ? this.#chunks.resident(data, run.chunk) : NO_ENTRIES.data;
    located.bytes = bytes ?? this.#chunks.memoryFor(data, run);
    located.start = bytes && run.end > run.start ? run.start : 0;
    located.end = located.start + run.end - run.start;
    if (!bytes) this.#chunks.read(data, run.chunk, run.start, located.bytes);
    else if (located.end > bytes.length) throw this.#chunks.damage.short(run.chunk, bytes.length, located.end);
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

  /** Writes those of the elements from `at` on that are in one chunk; the one behind them. `block` begins at `start`. */
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
        this.#arrange.begin(data);
        const group = this.#index.groupAt(at);
        this.#arrange.settle(data, group.chunk, group.first, group.next);
      }
    } else {
      // Put in order first, they may be in other chunks now.
      if (this.#arrange.begin(data)) return at;
      const group = this.#index.groupAt(at);
      const head = this.#arrange.gather(data, group.first, at);
      const tail = this.#arrange.gather(data, next, group.next);
      this.#arrange.rewrite(data, group, concatenated(head, cutOut(block, at - start, next - start), tail));
    }
    return next;
  }

  /** Puts bytes where runs of elements are, each of which has room for its own. */
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
    this.#arrange.begin(data);
    const { runs, bytes } = this.#index.runs(start, end);
    const [left, right] = [this.#index.groupAt(start), this.#index.groupAt(end - 1)];
    this.#index.splice(start, end - start, NO_ENTRIES);
    data.grew(-bytes);
    const between = new Set(runs.map(({ chunk }) => chunk));
    between.delete(left.chunk);
    between.delete(right.chunk);
    for (const chunk of between) this.#arrange.drop(data, chunk);
    const gone = end - start;
    if (left.chunk === right.chunk) {
      this.#arrange.settle(data, left.chunk, left.first, right.next - gone);
    } else {
      // The right one first: what the left one may become would move it.
      this.#arrange.settle(data, right.chunk, start, right.next - gone);
      this.#arrange.settle(data, left.chunk, left.first, start);
    }
  }

  /** Puts elements before the one at `at`, into the chunk of the one before them. */
  #insert(data: ResidentData, at: number, block: EncodedBlock): void {
    this.#arrange.begin(data);
    const group = this.#index.groupAt(Math.max(0, at - 1));
    const head = this.#arrange.gather(data, group.first, at);
    const tail = this.#arrange.gather(data, at, group.next);
    this.#arrange.rewrite(data, group, concatenated(head, block, tail));
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
    return this.#connection.consistently(() => this.#arrange.stats(this.#chunks.fresh()));
  }

  compact(): void {
    this.#change((data) => {
      this.#arrange.compact(data);
      data.generation++;
    });
  }

  /** Every change is one transaction, and begins with what the file says now. */
  #change<T>(work: (data: ResidentData) => T): T {
    return this.#connection.transaction(() => {
      const data = this.#chunks.fresh();
      // Python reaches into the index with the data's limit, and where they differ destroys entries.
      const { maxChunk } = this.#index;
      if (data.meta.maxChunk !== maxChunk) this.#chunks.setMaxChunk(data, maxChunk);
      return work(data);
    });
  }
}

function checkRange(name: string, start: number, end: number, length: number): void {
  if (start >= 0 && start <= end && end <= length) return;
  const what = end === start + 1 ? `element ${start}` : `elements ${start} to ${end}`;
  throw new InvalidArgument(`column ${JSON.stringify(name)} has ${length} elements: there is no ${what}`);
}

/** Some of a block's elements. */
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
