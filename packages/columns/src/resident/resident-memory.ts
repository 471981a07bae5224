/** A piece of a column in memory. */
export interface Resident {
  /** The bytes that it takes. */
  readonly cost: number;
  /** Whether it was read since it was last considered for eviction. */
  wasRead: boolean;
  /** Removes it from its column. */
  forget(): void;
}

/**
 * The resident pieces of all columns of one connection, within one limit of bytes. The oldest piece is evicted first,
 * but a piece that was read since its last turn is skipped once.
 */
export class ResidentMemory {
  readonly #pieces = new Set<Resident>();
  #bytes = 0;
  #capacity = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Returns whether so many bytes can be added without evicting anything. */
  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#capacity;
  }

  /** Raises the limit. The largest limit of the vaults on the connection counts. */
  allow(capacity: number): void {
    this.#capacity = Math.max(this.#capacity, capacity);
  }

  add(resident: Resident): void {
    this.#pieces.add(resident);
    this.grew(resident, resident.cost);
  }

  /** Counts that a piece has grown, and evicts others if necessary. */
  grew(resident: Resident, bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#capacity && this.#pieces.size > 1) this.#evictOne(resident);
  }

  /** Stops counting a piece that its column has dropped. */
  remove(resident: Resident): void {
    if (this.#pieces.delete(resident)) this.#bytes -= resident.cost;
  }

  #evictOne(spared: Resident): void {
    for (const resident of this.#pieces) {
      if (resident === spared || resident.wasRead) {
        resident.wasRead = false;
        this.#pieces.delete(resident);
        this.#pieces.add(resident);
      } else {
        this.remove(resident);
        resident.forget();
        return;
      }
    }
  }
}
