/** A piece of a column that is kept in memory. */
export interface Resident {
  /** The bytes it takes. */
  readonly cost: number;
  /** Read since its turn to make room came. */
  touched: boolean;
  /** Takes it out of its column. */
  forget(): void;
}

/**
 * What all columns of one connection keep in memory, under one byte bound. The oldest goes first, but one that
 * was read since its turn came is passed over once.
 */
export class Residents {
  readonly #queue = new Set<Resident>();
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

  add(resident: Resident): void {
    this.#queue.add(resident);
    this.grew(resident, resident.cost);
  }

  /** One takes so many bytes more; others give way, never it itself. */
  grew(resident: Resident, bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#capacity && this.#queue.size > 1) this.#evictOne(resident);
  }

  /** Forgets what its column has forgotten. */
  remove(resident: Resident): void {
    if (this.#queue.delete(resident)) this.#bytes -= resident.cost;
  }

  #evictOne(spared: Resident): void {
    for (const resident of this.#queue) {
      if (resident === spared || resident.touched) {
        resident.touched = false;
        this.#queue.delete(resident);
        this.#queue.add(resident);
      } else {
        this.remove(resident);
        resident.forget();
        return;
      }
    }
  }
}
