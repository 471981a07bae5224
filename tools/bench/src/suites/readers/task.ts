import type { Engine } from '../bytes/engines.ts';

export const TABLE = 'shared';
export const BYTES = 100;

/** What a process does for a while on the table that all have. */
export interface Task {
  role: 'read' | 'write';
  engine: Engine;
  fixtures: string;
  keys: number;
  /** So that no two choose the same keys. */
  seed: number;
  milliseconds: number;
}

export interface Done {
  calls: number;
  /** Wall-clock milliseconds that they took. */
  elapsed: number;
  /** Nanoseconds. */
  tail: number | undefined;
}
