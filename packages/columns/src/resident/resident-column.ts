import type { ElementInfo } from '@kohakuvault/packer';
import type { MetaRow } from '../chunks/tables.ts';
import type { Residents } from './residents.ts';
import { Segment } from './segment.ts';

/** Bytes of a segment: large enough to be worth a call, small enough that a few random reads don't fill the memory. */
const SEGMENT_BYTES = 256 * 1024;

/**
 * What is known of one column of fixed elements: its row in `col_meta`, and the segments that are in memory. All of it holds
 * under one version of the file, and is thrown away under another. Shared by all vaults on one connection.
 */
export class ResidentColumn {
  readonly #residents: Residents;
  readonly #segments = new Map<number, Segment>();
  #last: Segment | undefined;
  #perChunk = 1;
  #perSegment = 1;
  #segmentsPerChunk = 1;
  #element: ElementInfo | undefined;
  /** The version of the file under which this holds; undefined when nothing is known. */
  version: number | undefined;
  meta!: MetaRow;
  length = 0;
  /** Moves whenever elements may have changed or moved. */
  generation = 0;

  constructor(residents: Residents) {
    this.#residents = residents;
  }

  /** Takes up what the file says now, and forgets what it said before. */
  renew(version: number | undefined, meta: MetaRow, element: ElementInfo | undefined): void {
    this.forgetSegments();
    this.version = version;
    this.meta = meta;
    this.length = meta.length;
    this.#element = element;
    this.#perChunk = meta.maxChunk / meta.elemSize;
    this.#perSegment = Math.min(this.#perChunk, Math.max(1, Math.floor(SEGMENT_BYTES / meta.elemSize)));
    this.#segmentsPerChunk = Math.ceil(this.#perChunk / this.#perSegment);
    this.generation++;
  }

  /** Forgets everything: the column is gone, or was made anew. */
  invalidate(): void {
    this.forgetSegments();
    this.version = undefined;
    this.generation++;
  }

  forgetSegments(): void {
    for (const segment of this.#segments.values()) this.#residents.remove(segment);
    this.#segments.clear();
    this.#last = undefined;
  }

  /** The segment with this element, if it is in memory. */
  segmentAt(index: number): Segment | undefined {
    const last = this.#last;
    if (last !== undefined && index >= last.start && index < last.end) {
      last.touched = true;
      return last;
    }
    const segment = this.#segments.get(this.#slotOf(index));
    if (segment === undefined) return undefined;
    segment.touched = true;
    this.#last = segment;
    return segment;
  }

  /** Where the segment with this element begins, and the element behind it. */
  boundsOf(index: number): { start: number; end: number } {
    const chunk = Math.floor(index / this.#perChunk);
    const first = chunk * this.#perChunk;
    const start = first + Math.floor((index - first) / this.#perSegment) * this.#perSegment;
    return { start, end: Math.min(start + this.#perSegment, first + this.#perChunk) };
  }

  /** Keeps a segment's bytes, which become the column's own. */
  keep(start: number, end: number, bytes: Buffer): Segment {
    const slot = this.#slotOf(start);
    const forget = () => {
      this.#segments.delete(slot);
      if (this.#last?.start === start) this.#last = undefined;
    };
    const segment = new Segment({ start, end, elemSize: this.meta.elemSize, element: this.#element, bytes, forget });
    this.#segments.set(slot, segment);
    this.#last = segment;
    this.#residents.add(segment);
    return segment;
  }

  /** Elements from `start` on have been written to the file: what is in memory of them follows. */
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
        if (grown > 0) this.#residents.grew(segment, grown);
      }
      index = until;
    }
  }

  #slotOf(index: number): number {
    const chunk = Math.floor(index / this.#perChunk);
    return chunk * this.#segmentsPerChunk + Math.floor((index - chunk * this.#perChunk) / this.#perSegment);
  }
}
