import type { WriteKind } from './board.ts';

/** What surrounds each call of the core that reads or writes a file. */
export interface CoreAccess {
  /** The number by which the core knows the connection. */
  readonly handle: number;
  /** Brings memory and the read snapshot up to date. To be called before each read through the core. */
  prepareRead(): void;
  /** Runs a read, in the snapshot that successive reads share. */
  read<T>(work: () => T): T;
  /**
   * Runs one write, and repeats it while the file is busy. It is nested if its statements run statements of their own.
   */
  write<T>(work: () => T, kind?: WriteKind): T;
}
