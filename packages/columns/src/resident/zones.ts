import type { PieceSummary } from '../statistics/known-pieces.ts';
import type { KeptChunks } from './kept-chunks.ts';
import type { Resident, ResidentMemory } from './resident-memory.ts';

/** The approximate bytes that a zone takes. */
const COST = 320;

/** What is known of the numbers of one segment. */
class Zone implements Resident {
  readonly cost = COST;
  /** The index after the last number that it counts. */
  readonly end: number;
  readonly summary: PieceSummary;
  readonly #forget: () => void;
  wasRead = true;

  constructor(end: number, summary: PieceSummary, forget: () => void) {
    this.end = end;
    this.summary = summary;
    this.#forget = forget;
  }

  forget(): void {
    this.#forget();
  }
}

/**
 * What was computed of the segments of one column, whether their numbers are in memory or not. A zone is watched as a part
 * of its chunk, so it is dropped when anybody has changed the chunk.
 */
export class Zones {
  readonly #memory: ResidentMemory;
  readonly #kept: KeptChunks;
  readonly #zones = new Map<number, Zone>();

  constructor(memory: ResidentMemory, kept: KeptChunks) {
    this.#memory = memory;
    this.#kept = kept;
  }

  get isUsed(): boolean {
    return this.#zones.size > 0;
  }

  /** Returns what is known of a segment that ends at an element. */
  get(slot: number, end: number): PieceSummary | undefined {
    const zone = this.#zones.get(slot);
    if (zone === undefined || zone.end !== end) return undefined;
    zone.wasRead = true;
    return zone.summary;
  }

  /** Keeps what was computed of a segment, in a chunk of a column. */
  keep(slot: number, end: number, summary: PieceSummary, { column, chunk }: { column: number; chunk: number }): void {
    const before = this.#zones.get(slot);
    if (before) this.#memory.remove(before);
    else this.#kept.hold(column, chunk);
    const zone = new Zone(end, summary, () => this.#forget(slot, chunk));
    this.#zones.set(slot, zone);
    this.#memory.add(zone);
  }

  /** Drops what is known of the segments from a slot up to another, all of one chunk. */
  drop(first: number, next: number, chunk: number): void {
    if (this.#zones.size === 0) return;
    for (let slot = first; slot < next; slot++) {
      const zone = this.#zones.get(slot);
      if (!zone) continue;
      this.#memory.remove(zone);
      this.#forget(slot, chunk);
    }
  }

  #forget(slot: number, chunk: number): void {
    if (this.#zones.delete(slot)) this.#kept.release(chunk);
  }
}
