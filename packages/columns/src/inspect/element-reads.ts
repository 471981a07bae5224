import type { ColumnView } from '@kohakuvault/columns';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Findings, problemOf } from '@kohakuvault/core-native/internal/database';

/** Reads the elements of a column as users do, and reports those that cannot be read. */
export class ElementReads {
  readonly #column: ColumnView;
  readonly #findings: Findings;
  readonly #progress: (done: number) => void;

  constructor(column: ColumnView, findings: Findings, progress: (done: number) => void) {
    this.#column = column;
    this.#findings = findings;
    this.#progress = progress;
  }

  page(start: number, end: number): void {
    if (start === end || this.#findings.isFull) return;
    try {
      this.#column.slice(start, end);
    } catch (error) {
      const why = problemOf(error);
      if (!this.#oneByOne(start, end)) this.#findings.problem(`elements ${start} to ${end - 1}: ${why}`);
    }
    this.#progress(end);
  }

  /** Reads elements one by one. Returns whether one of them cannot be read. */
  #oneByOne(start: number, end: number): boolean {
    let isFound = false;
    for (let index = start; index < end && !this.#findings.isFull; index++) {
      try {
        this.#column.at(index);
      } catch (error) {
        const why = problemOf(error);
        // The cause does not repeat the name of the column.
        const { cause } = error as Error;
        this.#findings.problem(`element ${index}: ${cause instanceof KohakuVaultError ? cause.message : why}`);
        isFound = true;
      }
    }
    return isFound;
  }
}
