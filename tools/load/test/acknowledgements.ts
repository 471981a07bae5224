/** Counts what servers have acknowledged. */
export class Acknowledgements {
  /** Resolves when there are enough. */
  readonly enough: Promise<void>;
  #missing: number;
  #resolve: () => void = () => {};

  constructor(enough: number) {
    this.#missing = enough;
    this.enough = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(): void {
    if (--this.#missing === 0) this.#resolve();
  }
}
