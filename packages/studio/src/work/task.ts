import type { Problem } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';

/** What a task works with. */
export interface TaskContext {
  readonly file: VaultFile;
  /** Sends a message without waiting until it has been read, for progress. */
  post(message: unknown): void;
  /** Tells of the alarm that ends a statement that runs, so that it rings when nobody wants the result any more. */
  interruptible(alarm: number): void;
  /** Aborted when nobody wants the result any more. A task in another thread is ended there instead. */
  readonly signal: AbortSignal;
}

/**
 * Work that takes long. It yields messages, each when the last one has been taken, and returns a result. Arguments,
 * messages and results are structured clones.
 */
export type Task = (
  context: TaskContext,
  args: never,
) => AsyncGenerator<unknown, unknown> | Generator<unknown, unknown>;

/** What the thread is asked for. */
export type TaskRequest =
  | { readonly type: 'run'; readonly number: number; readonly name: string; readonly args: unknown }
  /** The last message was taken. */
  | { readonly type: 'taken'; readonly number: number };

/** What the thread answers. */
export type TaskReply =
  | { readonly type: 'message'; readonly number: number; readonly message: unknown; readonly waits: boolean }
  | { readonly type: 'alarm'; readonly number: number; readonly alarm: number }
  | { readonly type: 'result'; readonly number: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly number: number; readonly problem: Problem };
