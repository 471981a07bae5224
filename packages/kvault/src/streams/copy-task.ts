import type { ErrorCode } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions } from '@kohakuvault/core-native/internal/database';
import type { SharedContent } from './content.ts';

/** What the copying thread needs to know. */
export interface CopyTask {
  readonly path: string;
  readonly options: ConnectionOptions;
  readonly table: string;
  readonly key: Uint8Array;
  readonly content: SharedContent;
  readonly chunkSize: number;
  readonly maxBlobBytes: number;
  readonly escapes: boolean;
  /** Whether progress is reported after each chunk, when the listener may also abort the copy. */
  readonly paced: boolean;
  readonly state: SharedArrayBuffer;
}

/** What the copying thread reports. */
export type CopyMessage =
  | { readonly done: number }
  | { readonly finished: true }
  | { readonly aborted: true }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };

/** The indexes of the memory that both threads share. */
export const Slot = { phase: 0, abort: 1, chunks: 2, heard: 3 } as const;
export const SLOTS = 4;

/** The state of the copy. While it is `copying`, the thread holds the write lock. */
export const Phase = { waiting: 0, copying: 1, over: 2 } as const;
