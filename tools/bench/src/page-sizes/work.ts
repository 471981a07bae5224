import type { ConnectionOptions } from '@kohakuvault/core-native/database';
import type { Cost } from './cost.ts';

export interface Setup {
  /** An empty folder, and the database in it. */
  folder: string;
  file: string;
  /** The number of entries of a large work. */
  entries: number;
  options: ConnectionOptions;
}

/** Something that a program does with a file, whose cost depends on the size of its pages. */
export interface Work {
  name: string;
  /** Whether it needs gigabytes or minutes. */
  large?: boolean;
  /** Returns the cost, or several by their names, if the file takes long to make. */
  run(setup: Setup): Promise<Cost | Record<string, Cost>>;
}
