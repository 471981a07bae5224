import type { ErrorCode } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions } from '@kohakuvault/core-native/internal/database';
import type { Lifetime } from '../expiry/expiry-options.ts';
import type { Manifest } from '../values/manifest.ts';
import type { MarkOwner } from '../values/mark-owner.ts';
import type { SharedContent } from './content.ts';

/** How a value is written in parts. */
export interface SlicesTask {
  readonly manifest: Manifest;
  /** What is stored before the content. */
  readonly front: Uint8Array;
  /** The thread that makes the parts a value. */
  readonly owner: MarkOwner;
}

/** How a value is written into a row. */
export interface RowTask {
  readonly maxBlobBytes: number;
  readonly escapes: boolean;
  readonly lifetime: Lifetime | undefined;
}

/** What the copying thread needs to know. */
export interface CopyTask {
  readonly path: string;
  readonly options: ConnectionOptions;
  readonly table: string;
  readonly key: Uint8Array;
  readonly content: SharedContent;
  readonly chunkSize: number;
  /** If the value goes into one row, in one transaction. */
  readonly row?: RowTask | undefined;
  /** If it goes into parts, in slices that commit. */
  readonly slices?: SlicesTask | undefined;
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

/** The indexes of the memory that both threads share. `wanted`: this thread is about to write. */
export const Slot = { phase: 0, abort: 1, chunks: 2, heard: 3, wanted: 4, pause: 5 } as const;
export const SLOTS = 6;

/** The state of the copy. While it is `copying`, the thread holds the write lock. */
export const Phase = { waiting: 0, copying: 1, over: 2 } as const;
