import { InvalidArgument } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import type { ColumnStats, ColumnStore, EncodedBlock, Located } from '../layout.ts';
import type { ResidentData } from '../resident/resident-data.ts';
import { DataChunks, roomOf } from './data-chunks.ts';
import { ElementIndex } from './element-index.ts';
import type { EntryRuns, Run } from './entry-runs.ts';
import { chunkAt, ENTRY_BYTES, endAt, putEntries, startAt } from './index-entries.ts';
import { type Freed, Reclaim } from './reclaim.ts';
import type { LegacyTables } from './tables.ts';

const NO_ENTRIES: EncodedBlock = { count: 0, data: Buffer.alloc(0) };

/**
 * A column of elements that vary in size: their bytes in chunks of `<name>_data`, where only the index `<name>_idx` knows
 * them. What is put in lies behind everything else, so nothing that is there is moved for it.
 */
export class VariableStore implements ColumnStore {
  readonly name: string;
  readonly #connection: Connection;
  readonly #index: ElementIndex;
  readonly #chunks: DataChunks;
  readonly #reclaim: Reclaim;

  constructor(connection: Connection, tables: LegacyTables, name: string, dtype: string) {
    this.name = name;
    this.#connection = connection;
    this.#chunks = new DataChunks(connection, tables, name, dtype);
    this.#index = new ElementIndex(connection, tables, name);
    this.#reclaim = new Reclaim(this.#index, this.#chunks);
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
    return this.#connection.snapshot(() => {
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
    if (runs?.runs.every(({ chunk, start, end }) => start === end || data.chunk(chunk) !== undefined)) {
      return this.#gather(data, runs);
    }
    return this.#connection.snapshot(() => this.#read(start, end));
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
    return this.#gather(data, runs);
  }

  #gather(data: ResidentData, { runs, offsets, bytes }: EntryRuns): EncodedBlock {
    const gathered = Buffer.allocUnsafeSlow(bytes);
    for (const run of runs) {
      if (run.end === run.start) continue;
      this.#chunks.read(data, run.chunk, run.start, gathered.subarray(offsets[run.first], offsets[run.next]));
    }
    return { count: offsets.length - 1, data: gathered, offsets };
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
    this.#connection.snapshot(() => this.#locate(index, located));
  }

  #locate(index: number, located: Located): void {
    const data = this.#chunks.fresh();
    checkRange(this.name, index, index + 1, this.#index.length);
    // Read and so kept with its neighbours: `locate` finds it next time.
    this.#index.segment(this.#index.fresh(), index);
    const [run] = this.#index.runs(index, index + 1).runs as [Run];
    const bytes = run.end > run.start ? this.#chunks.resident(data, run.chunk) : NO_ENTRIES.data;
    located.bytes = bytes ?? Buffer.allocUnsafeSlow(run.end - run.start);
    located.start = bytes && run.end > run.start ? run.start : 0;
    located.end = located.start + run.end - run.start;
    if (!bytes) this.#chunks.read(data, run.chunk, run.start, located.bytes);
    else if (located.end > bytes.length) throw this.#chunks.short(run.chunk, bytes.length, located.end);
  }

  append(block: EncodedBlock): number {
    return this.#change((data) => {
      this.#index.append({ count: block.count, data: this.#chunks.add(data, block) });
      return this.#index.length;
    });
  }

  write(start: number, block: EncodedBlock): void {
    this.#change((data) => {
      checkRange(this.name, start, start + block.count, this.#index.length);
      const entries = Buffer.allocUnsafe(block.count * ENTRY_BYTES);
      const freed: Freed[] = [];
      const homeless: Run[] = [];
      for (const run of this.#index.runs(start, start + block.count).runs) {
        if (!this.#writeRun(data, block, run, { entries, freed })) homeless.push(run);
      }
      this.#rehome(data, block, homeless, entries);
      this.#index.write(start, { count: block.count, data: entries });
      this.#reclaim.free(data, [...freed, ...homeless]);
      data.generation++;
    });
  }

  /** Puts new bytes where a run of elements is, or behind all others in its chunk; false where they fit in neither. */
  #writeRun(
    data: ResidentData,
    block: EncodedBlock,
    { chunk, start, end, first, next }: Run,
    { entries, freed }: { entries: Buffer; freed: Freed[] },
  ): boolean {
    const offsets = block.offsets as Float64Array;
    const bytes = block.data.subarray(offsets[first], offsets[next]);
    let at = start;
    if (bytes.length > end - start) {
      const row = this.#chunks.find(data, chunk);
      if (!row || row.used < 0) return false;
      // The last ones of a chunk grow where they are.
      at = end === row.used ? start : row.used;
      if (at + bytes.length > roomOf(row)) return false;
      this.#chunks.setUse(data, chunk, at + bytes.length, row.dead);
      data.grew(bytes.length - (at === start ? end - start : 0));
      if (at !== start) freed.push({ chunk, start, end });
    } else if (bytes.length < end - start) {
      freed.push({ chunk, start: start + bytes.length, end });
    }
    this.#chunks.write(data, chunk, at, bytes);
    putEntries(entries, offsets, { from: first, to: next, chunk, start: at });
    return true;
  }

  /** Puts the new bytes of runs that did not fit behind everything else. */
  #rehome(data: ResidentData, { data: bytes, offsets: given }: EncodedBlock, homeless: Run[], entries: Buffer): void {
    const offsets = given as Float64Array;
    const count = homeless.reduce((sum, { first, next }) => sum + next - first, 0);
    const moved = new Float64Array(count + 1);
    let done = 0;
    for (const { first, next } of homeless) {
      const shift = (moved[done] as number) - (offsets[first] as number);
      for (let index = first; index < next; index++) moved[++done] = (offsets[index + 1] as number) + shift;
    }
    const parts = homeless.map(({ first, next }) => bytes.subarray(offsets[first], offsets[next]));
    const added = this.#chunks.add(data, { count, data: Buffer.concat(parts), offsets: moved });
    done = 0;
    for (const { first, next } of homeless) {
      added.copy(entries, first * ENTRY_BYTES, done * ENTRY_BYTES, (done + next - first) * ENTRY_BYTES);
      done += next - first;
    }
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#change((data) => {
      checkRange(this.name, start, start + deleteCount, this.#index.length);
      const { runs } = this.#index.runs(start, start + deleteCount);
      const entries = block.count > 0 ? { count: block.count, data: this.#chunks.add(data, block) } : NO_ENTRIES;
      this.#index.splice(start, deleteCount, entries);
      if (this.#index.length === 0) this.#chunks.deleteAll(data);
      else this.#reclaim.free(data, runs);
      data.generation++;
    });
  }

  clear(): void {
    this.#change((data) => {
      this.#index.clear();
      this.#chunks.deleteAll(data);
      data.generation++;
    });
  }

  stats(): ColumnStats {
    return this.#connection.snapshot(() => this.#reclaim.stats(this.#chunks.fresh()));
  }

  compact(): void {
    this.#change((data) => {
      this.#reclaim.compact(data);
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
