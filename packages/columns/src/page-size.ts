/** The most elements of a page, unless a loop says otherwise. */
const MAX_ELEMENTS = 4096;
/** The same for its approximate bytes. */
const BYTES = 1024 * 1024;
/** The elements of the first page, if their size is unknown. */
const FIRST_ELEMENTS = 64;

/** The number of elements that a loop over a column reads at a time. It adapts to elements of variable size. */
export class PageSize {
  readonly #bytes: number;
  readonly #most: number;
  #elements: number;

  constructor(elemSize: number, { bytes = BYTES, most = MAX_ELEMENTS }: { bytes?: number; most?: number } = {}) {
    this.#bytes = bytes;
    this.#most = most;
    this.#elements = elemSize > 0 ? Math.max(1, Math.min(most, Math.floor(bytes / elemSize))) : FIRST_ELEMENTS;
  }

  get elements(): number {
    return this.#elements;
  }

  /** Adapts to the size of a page that was read. */
  learn(elements: number, bytes: number): void {
    const fitting = Math.floor((elements * this.#bytes) / Math.max(1, bytes));
    this.#elements = Math.max(1, Math.min(this.#most, 8 * this.#elements, fitting));
  }
}
