// The thread that copies long values. It has its own connection. Once it holds the write lock, it waits for nothing: a
// write of the main thread may be waiting for it.
import { parentPort, workerData } from 'node:worker_threads';
import {
  InvalidArgument,
  isAnyArrayBuffer,
  KohakuVaultError,
  messageOf,
  nativeCore,
} from '@kohakuvault/core-native/internal';
import { type Connection, openDatabase } from '@kohakuvault/core-native/internal/database';
import { endOf } from '../../expiry/expiry-options.ts';
import { makeExpiryTable, timesOf } from '../../expiry/expiry-table.ts';
import { TimeWrites } from '../../expiry/time-writes.ts';
import { PartsUpload, removeMarked, type Step } from '../../values/parts-upload.ts';
import { ValueBytes } from '../../values/value-bytes.ts';
import { type Content, contentOfOtherThread } from '../content.ts';
import { type CopyMessage, type CopyTask, Phase, type RowTask, type SlicesTask, Slot } from '../copy-task.ts';
import { chunkEnds } from '../in/chunk-ends.ts';
import { copyIn } from '../in/copy-in.ts';
import { writeSlices } from '../in/slices.ts';

/**
 * How long to wait until the main thread has heard of a chunk, in milliseconds. It takes longer only if it is stuck.
 */
const PATIENCE = 100;

/** How long a write of the main thread takes at most from its wait to its lock, in milliseconds. */
const PAUSE = 5;
/** A slice that took longer has waited for the lock itself. */
const LONGEST_REST = 20;
/** How often to look whether others have the file open, in milliseconds. */
const LOOK_EVERY = 50;
/** The connections of this process that have no need to poll for the lock: the main thread's, and that of this one. */
const OWN_CONNECTIONS = 2;

const MIB = 1024 * 1024;

/** How a long copy treats other writers. */
interface Manners {
  /** How long the lock stays free after a slice, in times of that slice. */
  readonly rest: number;
  /** How much goes to the WAL until it is moved. */
  readonly moveAfter: number;
  /** How much goes to the WAL until it begins at its front again, which takes a checkpoint that ends between slices. */
  readonly restartAfter: number;
}

/** Others poll for the lock, and their commits would move the WAL, so the lock is mostly free and the WAL short. */
const AMONG_WRITERS: Manners = { rest: 2, moveAfter: 8 * MIB, restartAfter: 8 * MIB };
/** Others have the file open but do not write. The first of them that does finds the lock free half of the time. */
const AMONG_READERS: Manners = { ...AMONG_WRITERS, rest: 1 };
/** For how long others count as writers after a commit, in milliseconds. */
const WRITER_FOR = 1_000;
/**
 * The main thread says when it wants to write. The rest is for connections that nothing tells of. The WAL is moved by
 * yet another thread meanwhile, and never ends then.
 */
const ALONE: Manners = { rest: 0.5, moveAfter: 16 * MIB, restartAfter: 48 * MIB };

class Aborted extends Error {}

const task = taskOf(workerData);
const state = new Int32Array(task.state);

function taskOf(data: unknown): CopyTask {
  const given = data as Partial<CopyTask> | null | undefined;
  if (isAnyArrayBuffer(given?.state)) return given as CopyTask;
  throw new InvalidArgument(
    'copy-worker is the program of a thread that copies long values: give it to a bundler as an entry of its own, and ' +
      'do not import it',
  );
}

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

/** Waits until a write of the main thread that is about to begin has begun. */
function giveWay(): void {
  // Not forever: a thread that writes all the time would stop the copy.
  for (let times = 0; times < 2; times++) {
    setPhase(Phase.copying);
    // Either this thread sees that the other wants to write, or that one sees that this one is copying.
    if (Atomics.exchange(state, Slot.wanted, 0) === 0) return;
    setPhase(Phase.waiting);
    Atomics.wait(state, Slot.pause, 0, PAUSE);
  }
  setPhase(Phase.copying);
}

interface Place {
  readonly connection: Connection;
  readonly values: ValueBytes;
}

function copyRow({ connection, values }: Place, content: Content, row: RowTask): void {
  const { chunkSize, table } = task;
  const key = Buffer.from(task.key);
  connection.transaction(() => {
    setPhase(Phase.copying);
    copyIn({ values, key, chunkSize, ...row }, content, between);
    checkAbort();
    if (!row.lifetime) return;
    makeExpiryTable(connection, table);
    new TimeWrites(connection, timesOf(table)).put(key, endOf(row.lifetime));
  });
}

/** Returns a function that tells whether others may want to write, as of a moment ago. */
function mannersOn(connection: Connection): () => Manners {
  const { binding } = nativeCore();
  const { handle } = connection;
  const { reads } = connection.shared;
  /** It changes with each commit of another connection. */
  const version = connection.query<number>('PRAGMA data_version', { pluck: true });
  let nextLook = 0;
  let manners = AMONG_WRITERS;
  let seen: number | undefined;
  let writtenAt = 0;
  return () => {
    const now = performance.now();
    if (now < nextLook) return manners;
    nextLook = now + LOOK_EVERY;
    const found = connection.read(() => version.get());
    // This thread never ends its stretch of JavaScript, with which the state that it reads would end.
    reads.release();
    if (found !== seen) writtenAt = now;
    seen = found;
    const isAlone = binding.openConnections() <= OWN_CONNECTIONS && binding.hasFileAlone(handle);
    const others = now - writtenAt < WRITER_FOR ? AMONG_WRITERS : AMONG_READERS;
    manners = isAlone ? ALONE : others;
    return manners;
  };
}

function copySlices({ connection, values }: Place, content: Content, slices: SlicesTask): void {
  const key = Buffer.from(task.key);
  const manifest = { ...slices.manifest, id: Buffer.from(slices.manifest.id) };
  const owner = () => ({ ...slices.owner, beat: Date.now() });
  // Checkpoints run between the slices, when this thread does not have the write lock.
  connection.read(() => connection.shared.database.pragma('wal_autocheckpoint = 0'));
  const manners = mannersOn(connection);
  let freeUntil = 0;
  const locked = (step: Step) => {
    // Other processes poll for the lock. They find it free most of the time if it is free for twice as long.
    const rest = freeUntil - performance.now();
    if (rest > 0) Atomics.wait(state, Slot.pause, 0, rest);
    giveWay();
    const began = performance.now();
    try {
      connection.transaction(step);
    } finally {
      setPhase(Phase.waiting);
      const ended = performance.now();
      freeUntil = ended + manners().rest * Math.min(ended - began, LONGEST_REST);
    }
  };
  const upload = new PartsUpload(values, key, manifest, owner);
  let before = 0;
  let moved = 0;
  let restarted = 0;
  const moveWal = (done: number) => {
    const { moveAfter, restartAfter } = manners();
    const isOver = done === content.size;
    if (done - moved < moveAfter && !isOver) return;
    moved = done;
    if (done - restarted < restartAfter && !isOver && connection.shared.walMover.begin()) return;
    restarted = done;
    if (connection.shared.movesWal) connection.checkpoint();
  };
  try {
    for (const { run, done } of writeSlices(upload, Buffer.from(slices.front), content)) {
      locked(run);
      for (const end of chunkEnds(before, done, task.chunkSize, content.size)) between(end);
      before = done;
      moveWal(done);
    }
    checkAbort();
  } catch (error) {
    removeSlices(values, key, manifest.id, locked);
    throw error;
  }
}

/** Removes what has been written. If that fails, it is removed when a vault is opened. */
function removeSlices(values: ValueBytes, key: Buffer, id: Buffer, locked: (step: Step) => void): void {
  try {
    for (const step of removeMarked(values, key, id)) locked(step);
  } catch {
    // As said above.
  }
}

function copy(): void {
  const content = contentOfOtherThread(task.content);
  const connection = openDatabase(task.path, task.options);
  try {
    checkAbort();
    const place = { connection, values: new ValueBytes(connection, task.table) };
    if (task.row) copyRow(place, content, task.row);
    if (task.slices) copySlices(place, content, task.slices);
  } finally {
    setPhase(Phase.over);
    connection.close();
    content.close();
  }
}

try {
  copy();
  post({ finished: true });
} catch (error) {
  if (error instanceof Aborted) post({ aborted: true });
  else {
    const code = error instanceof KohakuVaultError ? error.code : 'KV_ERROR';
    post({ failure: { code, message: messageOf(error) } });
  }
}
