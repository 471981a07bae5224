import type { ElementInfo } from '@kohakuvault/packer';
import type { PieceSummary } from '../statistics/known-pieces.ts';
import type { MetaRow } from '../tables/rows.ts';
import type { ChunkWatch } from './chunk-watch.ts';
import { KeptChunks } from './kept-chunks.ts';
import { Misses } from './misses.ts';
import type { ResidentMemory } from './resident-memory.ts';
import { Segment } from './segment.ts';
import { Zones } from './zones.ts';

/** The bytes of a segment: enough to be worth a call, and few enough that some random reads do not fill the memory. */
const SEGMENT_BYTES = 256 * 1024;

/**
 * The resident copy of a column of fixed-size elements: its row in `col_meta`, and segments of its elements. The row
 * belongs to one file state; segments stay as long as their chunk does not change. All vaults on one connection share
 * it.
 */
export class ResidentColumn {
  readonly #memory: ResidentMemory;
  readonly #kept: KeptChunks | undefined;
  readonly #zones: Zones | undefined;
  readonly #misses = new Misses();
  readonly #segments = new Map<number, Segment>();
  /** The segments of each chunk. */
  readonly #slots = new Map<number, Set<number>>();
  #last: Segment | undefined;
  #perChunk = 1;
  #perSegment = 1;
  #segmentsPerChunk = 1;
  #element: ElementInfo | undefined;
  /** The file state that the row belongs to; undefined if nothing is known. */
  version: number | undefined;
  meta!: MetaRow;
  length = 0;
  /** A number that changes when elements may have changed or moved. */
  generation = 0;

  /** `watch` tells when the chunks of a copy change that outlives one use. */
  constructor(memory: ResidentMemory, watch?: ChunkWatch) {
    this.#memory = memory;
    this.#kept = watch && new KeptChunks(memory, watch, (chunk) => this.#dropChunk(chunk));
    this.#zones = this.#kept && new Zones(memory, this.#kept);
  }

  /** Replaces the row by what the file says now. The segments stay, unless it is another column. */
  renew(version: number | undefined, meta: MetaRow, element: ElementInfo | undefined): void {
    const known = this.meta as MetaRow | undefined;
    const isSame = known?.id === meta.id && known.maxChunk === meta.maxChunk && known.elemSize === meta.elemSize;
    if (!isSame) this.dropSegments();
    // What memory has behind the last element is not what the file has there.
    else if (meta.length > this.length) this.#dropFrom(this.length);
    this.version = version;
    this.meta = meta;
    this.#element = element;
    this.#perChunk = meta.maxChunk / meta.elemSize;
    this.#perSegment = Math.min(this.#perChunk, Math.max(1, Math.floor(SEGMENT_BYTES / meta.elemSize)));
    this.#segmentsPerChunk = Math.ceil(this.#perChunk / this.#perSegment);
    this.setLength(meta.length);
    this.generation++;
  }

  /** Drops everything: the column was deleted or recreated. */
  invalidate(): void {
    this.dropSegments();
    this.version = undefined;
    this.generation++;
  }

  dropSegments(): void {
    this.#dropChunks(0);
    this.#misses.clear();
  }

  /** Changes the length. Nothing stays in memory of chunks without elements, which may be deleted. */
  setLength(length: number): void {
    if (length < this.length) {
      this.#dropChunks(Math.ceil(length / this.#perChunk));
      this.#dropZones(length);
    }
    this.length = length;
  }

  /** Drops the segments that have room for an element from `index` on. */
  #dropFrom(index: number): void {
    for (const [slot, segment] of this.#segments) {
      if (segment.end <= index) continue;
      this.#memory.remove(segment);
      this.#forget(slot, Math.floor(segment.start / this.#perChunk));
    }
    this.#dropZones(index);
  }

  /** Drops what is known of the segments from the one with an element on, in its chunk. */
  #dropZones(index: number): void {
    const chunk = Math.floor(index / this.#perChunk);
    this.#zones?.drop(this.slotOf(index), (chunk + 1) * this.#segmentsPerChunk, chunk);
  }

  /** Drops the chunks from an index on. */
  #dropChunks(index: number): void {
    for (const chunk of this.#kept?.from(index) ?? [...this.#slots.keys()]) if (chunk >= index) this.#dropChunk(chunk);
  }

  #dropChunk(chunk: number): void {
    for (const slot of this.#slots.get(chunk) ?? []) {
      this.#memory.remove(this.#segments.get(slot) as Segment);
      this.#forget(slot, chunk);
    }
    this.#zones?.drop(chunk * this.#segmentsPerChunk, (chunk + 1) * this.#segmentsPerChunk, chunk);
    this.#kept?.forget(chunk);
  }

  /** Forgets a segment that counts no more. */
  #forget(slot: number, chunk: number): void {
    if (this.#last === this.#segments.get(slot)) this.#last = undefined;
    this.#segments.delete(slot);
    const slots = this.#slots.get(chunk);
    if (!slots?.delete(slot)) return;
    if (slots.size === 0) this.#slots.delete(chunk);
    this.#kept?.release(chunk);
  }

  /** Returns the segment with this element, if it is resident. */
  segmentAt(index: number): Segment | undefined {
    const last = this.#last;
    if (last !== undefined && index >= last.start && index < last.end) {
      last.wasRead = true;
      return last;
    }
    const segment = this.#segments.get(this.slotOf(index));
    if (segment === undefined) return undefined;
    segment.wasRead = true;
    this.#last = segment;
    return segment;
  }

  /** Returns the bounds of the segment with this element. */
  boundsOf(index: number): { start: number; end: number } {
    const chunk = Math.floor(index / this.#perChunk);
    const first = chunk * this.#perChunk;
    const start = first + Math.floor((index - first) / this.#perSegment) * this.#perSegment;
    return { start, end: Math.min(start + this.#perSegment, first + this.#perChunk) };
  }

  /** The elements of each segment, if all have as many; 0 if the last one of a chunk has fewer. */
  get stride(): number {
    return this.#perChunk % this.#perSegment === 0 ? this.#perSegment : 0;
  }

  /** Whether memory can have all elements at once. */
  get fits(): boolean {
    return this.version !== undefined && this.length * this.meta.elemSize <= this.#memory.capacity;
  }

  /** Keeps a segment. The bytes must not be used by anyone else. */
  keep(start: number, end: number, bytes: Buffer): Segment {
    const slot = this.slotOf(start);
    const chunk = Math.floor(start / this.#perChunk);
    const forget = () => this.#forget(slot, chunk);
    const segment = new Segment({ start, end, elemSize: this.meta.elemSize, element: this.#element, bytes, forget });
    this.#segments.set(slot, segment);
    this.#last = segment;
    const slots = this.#slots.get(chunk) ?? new Set();
    this.#slots.set(chunk, slots);
    if (!slots.has(slot)) this.#kept?.hold(this.meta.id, chunk);
    slots.add(slot);
    this.#memory.add(segment);
    return segment;
  }

  /**
   * Returns whether a whole segment should be read of which so many elements are needed. If the column does not fit into
   * memory, it should not be for a few elements.
   */
  isWorthKeeping(index: number, count: number): boolean {
    if (!this.#kept) return true;
    const { elemSize } = this.meta;
    const whole = this.#perSegment * elemSize;
    if (this.length * elemSize <= this.#memory.capacity && this.#memory.hasRoom(whole)) return true;
    return this.#misses.isDue(this.slotOf(index), count * elemSize, whole, this.#memory.capacity);
  }

  /**
   * Fills `target` with the elements from `start` on, and reads only the database pages that have them. Returns false if
   * that is not possible.
   */
  readPages(start: number, target: Buffer): boolean {
    if (!this.#kept) return false;
    const { id, elemSize, maxChunk } = this.meta;
    for (let done = 0, index = start; done < target.length; ) {
      const chunk = Math.floor(index / this.#perChunk);
      const offset = (index - chunk * this.#perChunk) * elemSize;
      const part = target.subarray(done, Math.min(target.length, done + maxChunk - offset));
      if (!this.#kept.read(id, chunk, maxChunk, offset, part)) return false;
      done += part.length;
      index += part.length / elemSize;
    }
    return true;
  }

  /** Returns what is known of the numbers of a whole segment, up to the last element at most. */
  known(start: number, end: number): PieceSummary | undefined {
    return this.#zones?.get(this.slotOf(start), end);
  }

  /** Keeps what was computed of a whole segment. The caller has prepared the watch before it read the numbers. */
  learn(start: number, end: number, summary: PieceSummary): void {
    const chunk = Math.floor(start / this.#perChunk);
    this.#zones?.keep(this.slotOf(start), end, summary, { column: this.meta.id, chunk });
  }

  /** Applies a write to the file, from element `start` on, to the resident segments. */
  wrote(start: number, data: Buffer): void {
    const { elemSize } = this.meta;
    const end = start + data.length / elemSize;
    this.#forgetKnown(start, end);
    if (this.#segments.size === 0) return;
    for (let index = start; index < end; ) {
      const bounds = this.boundsOf(index);
      const until = Math.min(end, bounds.end);
      const segment = this.#segments.get(this.slotOf(index));
      if (segment) {
        const grown = segment.reserve(until);
        segment.bytes.set(
          data.subarray((index - start) * elemSize, (until - start) * elemSize),
          (index - bounds.start) * elemSize,
        );
        if (grown > 0) this.#memory.grew(segment, grown);
      }
      index = until;
    }
  }

  /** Forgets what was computed of the segments with elements that were written. */
  #forgetKnown(start: number, end: number): void {
    if (!this.#zones?.isUsed) return;
    for (let index = start; index < end; ) {
      const slot = this.slotOf(index);
      this.#zones.drop(slot, slot + 1, Math.floor(index / this.#perChunk));
      index = this.boundsOf(index).end;
    }
  }

  /** Returns the number of the segment with this element. */
  slotOf(index: number): number {
    const chunk = Math.floor(index / this.#perChunk);
    return chunk * this.#segmentsPerChunk + Math.floor((index - chunk * this.#perChunk) / this.#perSegment);
  }
}
