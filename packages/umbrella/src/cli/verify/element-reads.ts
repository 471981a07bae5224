import type { ColumnView } from '@kohakuvault/columns';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Findings, refusal, type VerifyContext } from './findings.ts';

/** Reads the elements of a column as users do, and tells which of them cannot be read. */
export class ElementReads {
  readonly #column: ColumnView;
  readonly #findings: Findings;
  readonly #context: VerifyContext;

  constructor(column: ColumnView, findings: Findings, context: VerifyContext) {
    this.#column = column;
    this.#findings = findings;
    this.#context = context;
  }

  page(start: number, end: number): void {
    if (start === end || this.#findings.isFull) return;
    try {
      this.#column.slice(start, end);
    } catch (error) {
      const why = refusal(error);
      if (!this.#oneByOne(start, end)) this.#findings.problem(`elements ${start} to ${end - 1}: ${why}`);
    }
    this.#context.progress(end);
  }

  /** Whether one of them is what cannot be read. */
  #oneByOne(start: number, end: number): boolean {
    let isFound = false;
    for (let index = start; index < end && !this.#findings.isFull; index++) {
      try {
        this.#column.at(index);
      } catch (error) {
        const why = refusal(error);
        // Without the column's name, which stands before it already.
        const { cause } = error as Error;
        this.#findings.problem(`element ${index}: ${cause instanceof KohakuVaultError ? cause.message : why}`);
        isFound = true;
      }
    }
    return isFound;
  }
}
