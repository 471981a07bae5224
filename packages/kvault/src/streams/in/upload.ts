import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { noteEnded, noteRunning, thisOwner } from '../../values/mark-owner.ts';
import { PartsUpload, removeDeadParts, removeMarked } from '../../values/parts-upload.ts';
import type { ValueBytes } from '../../values/value-bytes.ts';
import { newManifest } from '../../values/value-writer.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, contentForLater, copyOffLoop, queueCopy } from '../off-loop.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { chunkEnds } from './chunk-ends.ts';
import { commitValue, refuseOpenTransaction, type StoreOptions } from './commit-value.ts';
import { frontOf } from './copy-in.ts';
import { writeSlices } from './slices.ts';

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
  return queueCopy(connection, signal, () => upload(context, key, content, offLoop, options));
}

async function upload(
  context: StreamContext,
  key: StreamKey,
  content: Content,
  offLoop: boolean,
  options: StoreOptions,
): Promise<void> {
  const { connection, values, maxBlobBytes } = context;
  const { signal, chunkSize, onProgress } = options;
  const front = frontOf(content, context.codec.escapes);
  const manifest = newManifest(front.length + content.size, maxBlobBytes);
  const parts = new PartsUpload(values, key.bytes, manifest, thisOwner);
  noteRunning(manifest.id);
  let replaced: Buffer | undefined;
  let published = false;
  const { walMover } = connection.shared;
  // The thread that copies moves the WAL between two slices.
  const moveWalAgain = walMover.leaveToOthers();
  try {
    await runInTurns(context, removeDeadParts(values)).catch(() => {});
    if (offLoop) {
      const { table } = context;
      const slices = { manifest, front, owner: thisOwner() };
      await copyOffLoop({ connection, table, key: key.bytes, content, chunkSize, slices, signal, onProgress });
    } else {
      const locked = (body: () => void) => {
        refuseOpenTransaction(connection, key);
        body();
      };
      let before = 0;
      for (const done of writeSlices(parts, front, content, locked)) {
        for (const end of chunkEnds(before, done, chunkSize, content.size)) {
          onProgress?.(end);
          signal.throwIfAborted();
        }
        before = done;
        await nextTurn();
        signal.throwIfAborted();
      }
    }
    signal.throwIfAborted();
    commitValue(context, key, content.size, options, () => {
      replaced = parts.publish();
    });
    published = true;
  } finally {
    noteEnded(manifest.id);
    // What cannot be removed now is removed when a vault is opened, or with the next value.
    if (!published) await runInTurns(context, removeMarked(values, key.bytes, manifest.id)).catch(() => {});
    if (replaced) await runInTurns(context, removeMarked(values, key.bytes, replaced)).catch(() => {});
    if (replaced) noteEnded(replaced);
    moveWalAgain();
    walMover.begin();
  }
}

/**
 * Runs short transactions while the vault is open and no transaction is, each after a rest of twice its time: other
 * processes poll for the lock.
 */
async function runInTurns({ connection }: StreamContext, steps: Generator<void>): Promise<void> {
  const mayRun = () => connection.open && !connection.readonly && !connection.shared.database.inTransaction;
  const { setTimeout } = process.getBuiltinModule('node:timers/promises');
  for (;;) {
    const began = performance.now();
    if (!mayRun() || steps.next().done) return;
    await setTimeout(2 * (performance.now() - began));
  }
}

/** Removes the parts that killed processes have left beside the values of a table. */
export function removeDeadUploads(connection: Connection, values: ValueBytes): void {
  if (connection.readonly || connection.shared.database.inTransaction) return;
  try {
    for (const _ of removeDeadParts(values));
  } catch (error) {
    // A busy or damaged file is opened all the same.
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}
