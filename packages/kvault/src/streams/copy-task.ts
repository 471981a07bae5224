import type { ErrorCode } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions } from '@kohakuvault/core-native/internal/database';
import type { SharedContent } from './content.ts';

/** What the thread that copies is told. */
export interface CopyTask {
  readonly path: string;
  readonly options: ConnectionOptions;
  readonly table: string;
  readonly key: Uint8Array;
  readonly content: SharedContent;
  readonly chunkSize: number;
  readonly maxBlobBytes: number;
  readonly escapes: boolean;
  /** Whether somebody wants to hear of each chunk, and may end it all then. */
  readonly paced: boolean;
  readonly state: SharedArrayBuffer;
}

/** What it answers. */
export type CopyMessage =
  | { readonly done: number }
  | { readonly finished: true }
  | { readonly aborted: true }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };

/** The places of the memory that both threads see. */
export const Slot = { phase: 0, abort: 1, chunks: 2, heard: 3 } as const;
export const SLOTS = 4;

/** Copying: the write lock is held. */
export const Phase = { waiting: 0, copying: 1, over: 2 } as const;
