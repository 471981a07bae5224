import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { noteEnded, noteRunning, thisOwner } from '../../values/mark-owner.ts';
import { PartsUpload, removeDeadParts, removeMarked, type Step } from '../../values/parts-upload.ts';
import type { ValueBytes } from '../../values/value-bytes.ts';
import { newManifest } from '../../values/value-writer.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, contentForLater, copyOffLoop, queueCopy } from '../off-loop.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { chunkEnds } from './chunk-ends.ts';
import { commitValue, refuseOpenTransaction, type StoreOptions } from './commit-value.ts';
import { frontOf } from './copy-in.ts';
import { writeSlices } from './slices.ts';
import { WriteTurns } from './write-turns.ts';

const nextTurn = () => process.getBuiltinModule('node:timers/promises').setImmediate();

/**
 * Stores content in parts, which are written in slices that commit. A small transaction makes them the value. Other
 * writers wait for a slice, never for the whole.
 */
export function uploadInParts(
  context: StreamContext,
  key: StreamKey,
  given: Content,
  options: StoreOptions,
): Promise<void> {
  const { connection } = context;
  const { signal } = options;
  // Now, before the owner of the bytes can change them.
  const offLoop = belongsOffLoop(connection, given);
  const content = contentForLater(given);
  const queue = offLoop ? 'of other threads' : 'of this thread';
  return queueCopy(connection, queue, signal, () => upload(context, key, content, offLoop, options));
}

async function upload(
  context: StreamContext,
  key: StreamKey,
  content: Content,
  offLoop: boolean,
  options: StoreOptions,
): Promise<void> {
  const { connection, values, maxBlobBytes } = context;
  const { signal, chunkSize } = options;
  const front = frontOf(content, context.codec.escapes);
  const manifest = newManifest(front.length + content.size, maxBlobBytes);
  const parts = new PartsUpload(values, key.bytes, manifest, thisOwner);
  noteRunning(manifest.id);
  let replaced: Buffer | undefined;
  let published = false;
  const { walMover } = connection.shared;
  walMover.takeOver();
  try {
    await runInTurns(context, removeDeadParts(values)).catch(() => {});
    if (offLoop) {
      const { table } = context;
      const slices = { manifest, front, owner: thisOwner() };
      const { onProgress } = options;
      await copyOffLoop({ connection, table, key: key.bytes, content, chunkSize, slices, signal, onProgress });
    } else {
      await copyHere(context, key, parts, { front, content }, options);
    }
    signal.throwIfAborted();
    await commitValue(context, key, content.size, options, () => {
      replaced = parts.publish();
    });
    published = true;
  } finally {
    noteEnded(manifest.id);
    // What cannot be removed now is removed when a vault is opened, or with the next value.
    if (!published && (offLoop || parts.hasBegun)) {
      await runInTurns(context, removeMarked(values, key.bytes, manifest.id)).catch(() => {});
    }
    if (replaced) await runInTurns(context, removeMarked(values, key.bytes, replaced)).catch(() => {});
    if (replaced) noteEnded(replaced);
    walMover.begin();
  }
}

/** Writes the slices on this thread, at most one in a turn of the event loop. */
async function copyHere(
  { connection }: StreamContext,
  key: StreamKey,
  parts: PartsUpload,
  { front, content }: { front: Buffer; content: Content },
  { signal, chunkSize, onProgress }: StoreOptions,
): Promise<void> {
  const turns = WriteTurns.of(connection);
  const check = () => refuseOpenTransaction(connection, key);
  let before = 0;
  for (const { run, done } of writeSlices(parts, front, content)) {
    await turns.run(connection, { body: run, check, signal });
    for (const end of chunkEnds(before, done, chunkSize, content.size)) {
      onProgress?.(end);
      signal.throwIfAborted();
    }
    before = done;
    await nextTurn();
    signal.throwIfAborted();
  }
}

/**
 * Runs short transactions while the vault is open and no transaction is, each after a rest of twice its time: other
 * processes poll for the lock.
 */
async function runInTurns({ connection }: StreamContext, steps: Generator<Step>): Promise<void> {
  const mayRun = () => connection.open && !connection.readonly && !connection.shared.database.inTransaction;
  const { setTimeout } = process.getBuiltinModule('node:timers/promises');
  const turns = WriteTurns.of(connection);
  const { signal } = new AbortController();
  for (;;) {
    if (!mayRun()) return;
    const step = steps.next();
    if (step.done) return;
    let took = 0;
    const body = () => {
      const began = performance.now();
      step.value();
      took = performance.now() - began;
    };
    await turns.run(connection, { body, check: () => {}, signal });
    await setTimeout(2 * took);
  }
}

/** Removes the parts that killed processes have left beside the values of a table. */
export function removeDeadUploads(connection: Connection, values: ValueBytes): void {
  if (connection.readonly || connection.shared.database.inTransaction) return;
  try {
    for (const step of removeDeadParts(values)) connection.transaction(step);
  } catch (error) {
    // A busy or damaged file is opened all the same.
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}
