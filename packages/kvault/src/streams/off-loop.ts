import { errorOf, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection, OtherWriter } from '@kohakuvault/core-native/internal/database';
import { onAbort, unlessAborted } from './abort.ts';
import { type Content, contentOf } from './content.ts';
import { copyProgram } from './copy-program.ts';
import { type CopyMessage, type CopyTask, Phase, SLOTS, Slot } from './copy-task.ts';

/** Copies up to this length cost less than starting a thread. */
const LONG = 8 * 1024 * 1024;
/** The copying connection's page cache, in KiB. What does not fit goes to the WAL early. */
const CACHE_KB = 8 * 1024;
/** A write waits for a copy while that makes progress: at least a chunk in so many milliseconds. */
const STUCK_AFTER = 10_000;
/** How long the copying thread waits for a busy file at least, in milliseconds. */
const PATIENCE = 5_000;

export interface OffLoopCopy {
  readonly connection: Connection;
  readonly table: string;
  readonly key: Buffer;
  readonly content: Content;
  readonly chunkSize: number;
  readonly row?: CopyTask['row'];
  readonly slices?: CopyTask['slices'];
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number) => void) | undefined;
}

/** Copies into one file, which run one after another: otherwise they would only wait for each other's lock. */
class CopyQueue {
  #last: Promise<void> = Promise.resolve();

  /** Starts a copy when those before it have ended. If it is aborted before, it fails at once. */
  add(signal: AbortSignal, copy: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const turn = unlessAborted(before, signal).then(() => {
      signal.throwIfAborted();
      return copy();
    });
    this.#last = Promise.allSettled([before, turn]).then(() => {});
    return turn;
  }
}

/**
 * Returns whether a copy is long enough for a thread of its own, and another connection can do it as well as this one.
 */
export function belongsOffLoop(connection: Connection, content: Content): boolean {
  const { file, owned } = connection.shared;
  return (
    content.size > LONG &&
    owned &&
    file !== '' &&
    connection.query('PRAGMA journal_mode', { pluck: true }).get() === 'wal' &&
    connection.shared.reachOfThreads !== undefined &&
    // A program bundled into one file has no worker beside it.
    copyProgram() !== undefined
  );
}

/** Returns the same content for a copy that begins later: bytes are copied now, before their owner can change them. */
export function contentForLater(content: Content): Content {
  return contentOf(content.share());
}

/**
 * Starts a copy when the others of the same queue of the connection have ended. A short copy, which this thread makes,
 * does not wait for long ones.
 */
export function queueCopy(
  connection: Connection,
  queue: 'of this thread' | 'of other threads',
  signal: AbortSignal,
  copy: () => Promise<void>,
): Promise<void> {
  return connection.companion(`copies ${queue}`, () => new CopyQueue()).add(signal, copy);
}

/** Copies in a thread of its own. Writes of this thread wait while that has the write lock. */
export function copyOffLoop(copy: OffLoopCopy): Promise<void> {
  const { connection, table, key, chunkSize, row, slices, signal, onProgress } = copy;
  const content = copy.content.share();
  const { retries, backoffBase, busyTimeout, synchronous, checkpointing } = connection.shared.options;
  // It may wait longer than a write of this thread, since it blocks no event loop.
  const patience = Math.max(busyTimeout, PATIENCE);
  const state = new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT));
  const task: CopyTask = {
    path: connection.shared.file,
    options: {
      retries,
      backoffBase,
      busyTimeout: patience,
      synchronous,
      checkpointing,
      cacheKb: CACHE_KB,
      mmapSize: 0,
      ...connection.shared.reachOfThreads,
    },
    table,
    key,
    content,
    chunkSize,
    row,
    slices,
    paced: onProgress !== undefined,
    state: state.buffer,
  };
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  return new Promise((succeed, fail) => {
    const worker = new Worker(copyProgram() as string, {
      workerData: task,
      ...('bytes' in content ? { transferList: [content.bytes.buffer as ArrayBuffer] } : {}),
    });
    const releaseWrites = connection.beforeWrites(new CopyingThread(state));
    let outcome: CopyMessage | undefined;
    let thrown: { error: unknown } | undefined;
    const abort = () => Atomics.store(state, Slot.abort, 1);
    const stopListening = onAbort(signal, abort);
    worker.on('message', (message: CopyMessage) => {
      if (!('done' in message)) {
        outcome = message;
        return;
      }
      try {
        if (!thrown && !signal.aborted) onProgress?.(message.done);
      } catch (error) {
        thrown = { error };
        abort();
      }
      Atomics.add(state, Slot.heard, 1);
      Atomics.notify(state, Slot.heard);
    });
    worker.on('error', (cause) => {
      thrown ??= { error: new KohakuVaultError(`the copying thread failed: ${cause}`, { cause }) };
    });
    worker.on('exit', () => {
      stopListening();
      releaseWrites();
      if (outcome && 'finished' in outcome) succeed();
      else if (thrown) fail(thrown.error);
      else if (outcome && 'failure' in outcome) fail(errorOf(outcome.failure.code, outcome.failure.message));
      else if (signal.aborted) fail(signal.reason);
      else fail(new KohakuVaultError('the copying thread ended before it had copied everything'));
    });
  });
}

/** The thread that copies, as the writes of this one meet it. It has the write lock while its phase is `copying`. */
class CopyingThread implements OtherWriter {
  readonly #state: Int32Array;
  /** How many chunks it had copied when it was first found so far, and when that was. */
  #chunks = -1;
  #since = 0;

  constructor(state: Int32Array) {
    this.#state = state;
  }

  /** Blocks this thread until the copy has given up the write lock, unless the copy is stuck. */
  wait(): void {
    const state = this.#state;
    Atomics.store(state, Slot.wanted, 1);
    while (Atomics.load(state, Slot.phase) === Phase.copying) {
      const chunks = Atomics.load(state, Slot.chunks);
      const waited = Atomics.wait(state, Slot.phase, Phase.copying, STUCK_AFTER);
      if (waited === 'timed-out' && Atomics.load(state, Slot.chunks) === chunks) return;
    }
  }

  ask(): boolean {
    const state = this.#state;
    Atomics.store(state, Slot.wanted, 1);
    if (Atomics.load(state, Slot.phase) !== Phase.copying) return false;
    const chunks = Atomics.load(state, Slot.chunks);
    const now = performance.now();
    if (chunks !== this.#chunks) {
      this.#chunks = chunks;
      this.#since = now;
    }
    return now - this.#since < STUCK_AFTER;
  }
}
