import type { Segment } from './segment.ts';

/**
 * The segments that all columns of one connection keep in memory, under one byte bound. The oldest goes first, but one that
 * was read since its turn came is passed over once.
 */
export class Residents {
  readonly #queue = new Set<Segment>();
  #bytes = 0;
  #capacity = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Of several vaults on one connection the one that allows most decides. */
  allow(capacity: number): void {
    this.#capacity = Math.max(this.#capacity, capacity);
  }

  add(segment: Segment): void {
    this.#queue.add(segment);
    this.grew(segment, segment.cost);
  }

  /** A segment takes so many bytes more; others give way, never the segment itself. */
  grew(segment: Segment, bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#capacity && this.#queue.size > 1) this.#evictOne(segment);
  }

  /** Forgets a segment that its column has forgotten. */
  remove(segment: Segment): void {
    if (this.#queue.delete(segment)) this.#bytes -= segment.cost;
  }

  #evictOne(spared: Segment): void {
    for (const segment of this.#queue) {
      if (segment === spared || segment.touched) {
        segment.touched = false;
        this.#queue.delete(segment);
        this.#queue.add(segment);
      } else {
        this.remove(segment);
        segment.forget();
        return;
      }
    }
  }
}
