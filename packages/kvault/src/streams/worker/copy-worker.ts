// The thread that copies long values. It has its own connection. Once it holds the write lock, it waits for nothing: a
// write of the main thread may be waiting for it.
import { parentPort, workerData } from 'node:worker_threads';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import { ValueBytes } from '../../values/value-bytes.ts';
import { contentOf } from '../content.ts';
import { type CopyMessage, type CopyTask, Phase, Slot } from '../copy-task.ts';
import { copyIn } from '../in/copy-in.ts';

/**
 * How long to wait until the main thread has heard of a chunk, in milliseconds. It takes longer only if it is stuck.
 */
const PATIENCE = 100;

class Aborted extends Error {}

const task = workerData as CopyTask;
const state = new Int32Array(task.state);

function post(message: CopyMessage): void {
  parentPort?.postMessage(message);
}

function setPhase(phase: number): void {
  Atomics.store(state, Slot.phase, phase);
  Atomics.notify(state, Slot.phase);
}

function checkAbort(): void {
  if (Atomics.load(state, Slot.abort) !== 0) throw new Aborted();
}

/**
 * Reports a chunk. A listener to the progress may abort the copy then, so the next chunk waits until the main thread
 * has heard of this one. It does not wait for a thread that is busy, perhaps waiting for this very copy.
 */
function between(done: number): void {
  const chunks = Atomics.add(state, Slot.chunks, 1) + 1;
  if (task.paced) {
    post({ done });
    const heard = Atomics.load(state, Slot.heard);
    // If the main thread is more than one chunk late, it is not listening now.
    if (heard === chunks - 1) Atomics.wait(state, Slot.heard, heard, PATIENCE);
  }
  checkAbort();
}

function copy(): void {
  const connection = openDatabase(task.path, task.options);
  try {
    checkAbort();
    const { chunkSize, maxBlobBytes, escapes } = task;
    const values = new ValueBytes(connection, task.table);
    connection.transaction(() => {
      setPhase(Phase.copying);
      const to = { values, key: Buffer.from(task.key), chunkSize, maxBlobBytes, escapes };
      copyIn(to, contentOf(task.content), between);
      checkAbort();
    });
  } finally {
    setPhase(Phase.over);
    connection.close();
  }
}

try {
  copy();
  post({ finished: true });
} catch (error) {
  if (error instanceof Aborted) post({ aborted: true });
  else {
    const code = error instanceof KohakuVaultError ? error.code : 'KV_ERROR';
    post({ failure: { code, message: error instanceof Error ? error.message : String(error) } });
  }
}
