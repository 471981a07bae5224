/** What was computed of all numbers of one piece. */
export interface PieceSummary {
  /** `SummaryFlag` bits: what is known. */
  readonly flags: number;
  /** In the places of `SummaryPlace`. */
  readonly slots: Float64Array;
}

/** Statistics that need not see pieces of which enough is known. */
export interface KnownPieces {
  /** Takes what is known of a piece of so many elements. Returns false if it must see them nevertheless. */
  take(summary: PieceSummary, count: number): boolean;
  /** Returns what is known of a piece that it has just seen whole. `before` is what was known already. */
  learn(bytes: Uint8Array, before: PieceSummary | undefined): PieceSummary;
}
