/** Elements of a page at most, and about how many bytes. */
const MOST_ELEMENTS = 4096;
const BYTES = 1024 * 1024;
/** How many elements of unknown size the first page has. */
const FIRST_ELEMENTS = 64;

/** How many elements are read at a time by what goes through a column. Where they vary in size, pages tell about the next. */
export class PageSize {
  #elements: number;

  constructor(elemSize: number) {
    this.#elements = elemSize > 0 ? Math.max(1, Math.min(MOST_ELEMENTS, Math.floor(BYTES / elemSize))) : FIRST_ELEMENTS;
  }

  get elements(): number {
    return this.#elements;
  }

  /** A page of so many elements took so many bytes. */
  learn(elements: number, bytes: number): void {
    const fitting = Math.floor((elements * BYTES) / Math.max(1, bytes));
    this.#elements = Math.max(1, Math.min(MOST_ELEMENTS, 8 * this.#elements, fitting));
  }
}
