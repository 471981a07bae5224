import type { Database } from 'better-sqlite3';
import { describe } from '../checks/options.ts';
import { InvalidArgument } from '../errors/errors.ts';
import { releaseSnapshotsOfThread } from './read-snapshot.ts';
import { firstRow } from './statement.ts';

/** How far a checkpoint goes: see SQLite's `PRAGMA wal_checkpoint`. */
export type CheckpointMode = 'passive' | 'full' | 'restart' | 'truncate';
const MODES: readonly string[] = ['passive', 'full', 'restart', 'truncate'];

export interface CheckpointResult {
  /** 1 if another connection kept the checkpoint from finishing. */
  busy: number;
  /** Database pages in the WAL; -1 if the file is not in WAL mode. */
  log: number;
  /** How many of them have reached the file. */
  checkpointed: number;
}

export function checkMode(mode: CheckpointMode): void {
  if (!MODES.includes(mode))
    throw new InvalidArgument(`checkpoint expects one of ${MODES.join(', ')}, got ${describe(mode)}`);
}

/** Moves the WAL into the file. */
export function checkpoint(database: Database, mode: CheckpointMode): CheckpointResult {
  // It would wait for the snapshot of another connection of this thread, which cannot end meanwhile.
  releaseSnapshotsOfThread();
  return firstRow(database, `PRAGMA main.wal_checkpoint(${mode})`) as CheckpointResult;
}
