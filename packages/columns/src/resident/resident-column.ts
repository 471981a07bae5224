import type { ElementInfo } from '@kohakuvault/packer';
import type { MetaRow } from '../tables/chunk-tables.ts';
import type { ChunkWatch, KeptChunk } from './chunk-watch.ts';
import type { ResidentMemory } from './resident-memory.ts';
import { Segment } from './segment.ts';

/** The bytes of a segment: enough to be worth a call, and few enough that some random reads do not fill the memory. */
const SEGMENT_BYTES = 256 * 1024;

/** The segments of one chunk that are in memory. */
interface Kept {
  readonly slots: Set<number>;
  readonly chunk: KeptChunk | undefined;
}

/**
 * The resident copy of a column of fixed-size elements: its row in `col_meta`, and segments of its elements. The row
 * belongs to one file state; segments stay as long as their chunk does not change. All vaults on one connection share
 * it.
 */
export class ResidentColumn {
  readonly #memory: ResidentMemory;
  readonly #watch: ChunkWatch | undefined;
  readonly #segments = new Map<number, Segment>();
  readonly #chunks = new Map<number, Kept>();
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
    this.#watch = watch;
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
    for (const chunk of this.#chunks.keys()) this.#dropChunk(chunk);
  }

  /** Changes the length. Nothing stays in memory of chunks without elements, which may be deleted. */
  setLength(length: number): void {
    if (length < this.length) {
      const count = Math.ceil(length / this.#perChunk);
      for (const chunk of this.#chunks.keys()) if (chunk >= count) this.#dropChunk(chunk);
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
  }

  #dropChunk(chunk: number): void {
    const kept = this.#chunks.get(chunk);
    for (const slot of kept?.slots ?? []) {
      this.#memory.remove(this.#segments.get(slot) as Segment);
      this.#forget(slot, chunk);
    }
  }

  /** Forgets a segment that counts no more. */
  #forget(slot: number, chunk: number): void {
    if (this.#last === this.#segments.get(slot)) this.#last = undefined;
    this.#segments.delete(slot);
    const kept = this.#chunks.get(chunk);
    kept?.slots.delete(slot);
    if (!kept || kept.slots.size > 0) return;
    this.#chunks.delete(chunk);
    if (kept.chunk) this.#watch?.forget(kept.chunk);
  }

  /** Returns the segment with this element, if it is resident. */
  segmentAt(index: number): Segment | undefined {
    const last = this.#last;
    if (last !== undefined && index >= last.start && index < last.end) {
      last.wasRead = true;
      return last;
    }
    const segment = this.#segments.get(this.#slotOf(index));
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

  /** Keeps a segment. The bytes must not be used by anyone else. */
  keep(start: number, end: number, bytes: Buffer): Segment {
    const slot = this.#slotOf(start);
    const chunk = Math.floor(start / this.#perChunk);
    const forget = () => this.#forget(slot, chunk);
    const segment = new Segment({ start, end, elemSize: this.meta.elemSize, element: this.#element, bytes, forget });
    this.#segments.set(slot, segment);
    this.#last = segment;
    this.#keptOf(chunk).slots.add(slot);
    this.#watch?.noteRead();
    this.#memory.add(segment);
    return segment;
  }

  #keptOf(index: number): Kept {
    let kept = this.#chunks.get(index);
    if (!kept) {
      const chunk = this.#watch?.watch(this.meta.id, index, () => this.#dropChunk(index));
      kept = { slots: new Set(), chunk };
      this.#chunks.set(index, kept);
    }
    return kept;
  }

  /** Applies a write to the file, from element `start` on, to the resident segments. */
  wrote(start: number, data: Buffer): void {
    if (this.#segments.size === 0) return;
    const { elemSize } = this.meta;
    const end = start + data.length / elemSize;
    for (let index = start; index < end; ) {
      const bounds = this.boundsOf(index);
      const until = Math.min(end, bounds.end);
      const segment = this.#segments.get(this.#slotOf(index));
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

  #slotOf(index: number): number {
    const chunk = Math.floor(index / this.#perChunk);
    return chunk * this.#segmentsPerChunk + Math.floor((index - chunk * this.#perChunk) / this.#perSegment);
  }
}
