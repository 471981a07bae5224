/** To read so many bytes takes as long as to read a few of them. */
const BYTES_AS_ONE = 16 * 1024;

/**
 * Which pieces of a column are worth reading as a whole, if memory cannot have all of them. A piece is read when reading
 * little of it has taken as long as that would have, within as many pieces as memory can have.
 */
export class Misses {
  /** How many reads there were of each piece, the last one at the end. */
  readonly #reads = new Map<number, number>();

  /**
   * Notes that some bytes of a piece are needed. Returns whether the whole piece should be read. `capacity` is that of
   * memory.
   */
  isDue(piece: number, needed: number, whole: number, capacity: number): boolean {
    const most = Math.max(2, Math.ceil(whole / BYTES_AS_ONE));
    const reads = (this.#reads.get(piece) ?? 0) + Math.max(1, Math.floor((needed * most) / whole));
    this.#reads.delete(piece);
    if (reads >= most) return true;
    this.#reads.set(piece, reads);
    if (this.#reads.size * whole > capacity) {
      for (const oldest of this.#reads.keys()) {
        this.#reads.delete(oldest);
        break;
      }
    }
    return false;
  }

  clear(): void {
    this.#reads.clear();
  }
}
