import type { Random } from '../../testing/src/random.ts';
import { KINDS, type Kind } from './control.ts';

/** A call that changed a file, as the shim recorded it. */
export interface Operation {
  kind: Kind;
  path: string;
  /** The offset of a write; the new length of a file that was resized. */
  offset: number;
  data: Buffer;
}

const HEAD_BYTES = 32;

export function* operationsIn(trace: Buffer): Generator<Operation> {
  for (let at = 0; at < trace.length; ) {
    const [kind, pathLength, offset, length] = [0, 8, 16, 24].map((field) => Number(trace.readBigInt64LE(at + field)));
    const path = at + HEAD_BYTES;
    const data = path + (pathLength as number);
    const end = KINDS[kind as number] === 'write' ? data + (length as number) : data;
    yield {
      kind: KINDS[kind as number] as Kind,
      path: trace.toString('utf8', path, data),
      offset: offset as number,
      data: trace.subarray(data, end),
    };
    at = end;
  }
}

/** What a power cut does to calls that nothing has made durable. */
export const FATES = ['dropped', 'kept', 'torn'] as const;
export type Fate = (typeof FATES)[number];

/** The size that a disk writes wholly or not at all, in bytes. */
const SECTOR = 512;

interface File {
  durable: Buffer;
  /** The calls since the last fsync. */
  pending: Operation[];
}

/**
 * The files that calls have made, as the disk has them. A write is durable with the next fsync of its file. A new name
 * is durable at once; a removed one may be back until its folder, or a file in it, is synced.
 */
export class Disk {
  readonly #files = new Map<string, File>();
  readonly #removed = new Map<string, File>();

  carryOut(operation: Operation): void {
    const { kind, path } = operation;
    if (kind === 'unlink') {
      const file = this.#files.get(path);
      if (file) this.#removed.set(path, file);
      this.#files.delete(path);
    } else if (kind === 'sync') {
      this.#removed.clear();
      const file = this.#files.get(path);
      // The fsync of a folder is for its names only.
      if (file) this.#files.set(path, { durable: after(file.durable, file.pending), pending: [] });
    } else if (!this.#files.has(path)) {
      this.#files.set(path, { durable: Buffer.alloc(0), pending: kind === 'open' ? [] : [operation] });
    } else if (kind !== 'open') {
      this.#files.get(path)?.pending.push(operation);
    }
  }

  /** Returns the files after a power cut, and those of them whose removal was undone. */
  cut(fate: Fate, random: Random): { files: Map<string, Buffer>; restored: string[] } {
    const files = new Map<string, Buffer>();
    const restored: string[] = [];
    for (const [path, file] of this.#files) files.set(path, remains(file, fate, random));
    for (const [path, file] of this.#removed) {
      if (files.has(path) || fate === 'kept' || (fate === 'torn' && random.oneIn(2))) continue;
      files.set(path, remains(file, fate, random));
      restored.push(path);
    }
    return { files, restored };
  }
}

function remains({ durable, pending }: File, fate: Fate, random: Random): Buffer {
  if (fate === 'dropped') return durable;
  if (fate === 'kept') return after(durable, pending);
  return after(
    durable,
    pending.flatMap((operation) => torn(operation, random)),
  );
}

/** Applies nothing of a call, all of it, or some of its sectors. If the file grew, the others may hold anything. */
function torn(operation: Operation, random: Random): Operation[] {
  const chance = random.below(3);
  if (chance === 0) return [];
  if (chance === 1 || operation.kind !== 'write') return [operation];
  const parts: Operation[] = [];
  for (let at = 0; at < operation.data.length; ) {
    const offset = operation.offset + at;
    const end = Math.min(operation.data.length, at + SECTOR - (offset % SECTOR));
    if (random.oneIn(2)) parts.push({ ...operation, offset, data: operation.data.subarray(at, end) });
    at = end;
  }
  return parts;
}

function after(before: Buffer, operations: readonly Operation[]): Buffer {
  const ends = operations.map(({ kind, offset, data }) => (kind === 'write' ? offset + data.length : offset));
  const memory = Buffer.alloc(Math.max(before.length, ...ends));
  before.copy(memory);
  let length = before.length;
  for (const { kind, offset, data } of operations) {
    if (kind === 'write') {
      data.copy(memory, offset);
      length = Math.max(length, offset + data.length);
    } else {
      if (offset < length) memory.fill(0, offset, length);
      length = offset;
    }
  }
  return memory.subarray(0, length);
}
