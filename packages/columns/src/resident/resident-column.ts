import type { ElementInfo } from '@kohakuvault/packer';
import type { MetaRow } from '../tables/chunk-tables.ts';
import type { ResidentMemory } from './resident-memory.ts';
import { Segment } from './segment.ts';

/** The bytes of a segment: enough to be worth a call, and few enough that some random reads do not fill the memory. */
const SEGMENT_BYTES = 256 * 1024;

/**
 * The resident copy of a column of fixed-size elements: its row in `col_meta`, and segments of its elements. It belongs
 * to one file state, and is dropped in another. All vaults on one connection share it.
 */
export class ResidentColumn {
  readonly #memory: ResidentMemory;
  readonly #segments = new Map<number, Segment>();
  #last: Segment | undefined;
  #perChunk = 1;
  #perSegment = 1;
  #segmentsPerChunk = 1;
  #element: ElementInfo | undefined;
  /** The file state that the copy belongs to; undefined if nothing is known. */
  version: number | undefined;
  meta!: MetaRow;
  length = 0;
  /** A number that changes when elements may have changed or moved. */
  generation = 0;

  constructor(memory: ResidentMemory) {
    this.#memory = memory;
  }

  /** Replaces the copy by what the file says now. */
  renew(version: number | undefined, meta: MetaRow, element: ElementInfo | undefined): void {
    this.dropSegments();
    this.version = version;
    this.meta = meta;
    this.length = meta.length;
    this.#element = element;
    this.#perChunk = meta.maxChunk / meta.elemSize;
    this.#perSegment = Math.min(this.#perChunk, Math.max(1, Math.floor(SEGMENT_BYTES / meta.elemSize)));
    this.#segmentsPerChunk = Math.ceil(this.#perChunk / this.#perSegment);
    this.generation++;
  }

  /** Drops everything: the column was deleted or recreated. */
  invalidate(): void {
    this.dropSegments();
    this.version = undefined;
    this.generation++;
  }

  dropSegments(): void {
    for (const segment of this.#segments.values()) this.#memory.remove(segment);
    this.#segments.clear();
    this.#last = undefined;
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
    const forget = () => {
      this.#segments.delete(slot);
      if (this.#last?.start === start) this.#last = undefined;
    };
    const segment = new Segment({ start, end, elemSize: this.meta.elemSize, element: this.#element, bytes, forget });
    this.#segments.set(slot, segment);
    this.#last = segment;
    this.#memory.add(segment);
    return segment;
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
