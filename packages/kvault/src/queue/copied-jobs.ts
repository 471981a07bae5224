/** A job as it is stored, in a file or on a server. */
export interface StoredJobRow {
  readonly id: bigint;
  /** 0 if it can be taken, -1 for a dead letter, and otherwise when it can be taken, in milliseconds since 1970. */
  readonly due: number;
  readonly attempts: number;
  /** By which the worker that has it ends it. */
  readonly token: Buffer | null;
  readonly error: string | null;
  readonly value: Buffer;
}

/** The jobs of one queue as they are stored, for those who copy them. */
export interface CopiedJobs {
  /** Gives all jobs by their ids, while others may write. */
  rows(): AsyncIterable<StoredJobRow>;
  /** Returns those of some jobs that there are. */
  rowsOf(ids: readonly bigint[]): Promise<StoredJobRow[]>;
  /** Writes jobs, in place of those that have their ids: all of them or none. */
  put(jobs: readonly StoredJobRow[]): Promise<void>;
  deleteMany(ids: readonly bigint[]): Promise<void>;
  size(): Promise<number>;
}
