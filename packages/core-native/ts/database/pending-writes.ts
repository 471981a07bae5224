/** What is to be written, for every vault on one connection. */
export interface PendingWrites {
  readonly count: number;
  readonly bytes: number;
  /** How many bodies run during which nothing of it is written. */
  locks: number;
  /** Writes all of it inside the transaction that is open, and lets it go; the rollback of that brings it back. */
  writeOut(): void;
}
