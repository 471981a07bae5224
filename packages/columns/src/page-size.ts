/** The most elements of a page. */
const MAX_ELEMENTS = 4096;
/** The approximate bytes of a page. */
const BYTES = 1024 * 1024;
/** The elements of the first page, if their size is unknown. */
const FIRST_ELEMENTS = 64;

/** The number of elements that a loop over a column reads at a time. It adapts to elements of variable size. */
export class PageSize {
  #elements: number;

  constructor(elemSize: number) {
    this.#elements = elemSize > 0 ? Math.max(1, Math.min(MAX_ELEMENTS, Math.floor(BYTES / elemSize))) : FIRST_ELEMENTS;
  }

  get elements(): number {
    return this.#elements;
  }

  /** Adapts to the size of a page that was read. */
  learn(elements: number, bytes: number): void {
    const fitting = Math.floor((elements * BYTES) / Math.max(1, bytes));
    this.#elements = Math.max(1, Math.min(MAX_ELEMENTS, 8 * this.#elements, fitting));
  }
}
