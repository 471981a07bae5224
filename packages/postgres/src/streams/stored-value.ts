import { frontLength, missing, replaced } from '@kohakuvault/kvault/internal';
import { HEADER_LENGTH } from '@kohakuvault/packer/value';
import type { Executor } from '../execution/executor.ts';
import type { LongValue } from '../kvault/long-values.ts';
import { PART_BYTES } from '../kvault/options.ts';
import type { VaultContext } from '../kvault/vault-context.ts';
import type { StreamKey } from './stream-key.ts';

/** How many parts one statement reads: memory for 2 MiB, and on PGlite for its text form. */
const PARTS_AT_ONCE = 8;

/** A bytes value that is open for reading, without the header that may be stored before it. */
export interface ReadableValue {
  readonly size: number;
  /** Gives the bytes from `start` to `end`, which is not given, in pieces of any length. */
  pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined>;
}

/** Opens a value as it is now. */
export async function openValue(context: VaultContext, key: StreamKey): Promise<ReadableValue> {
  await context.ready();
  const { executor, sql } = context;
  const { rows } = await executor.read((session) => session.query(sql.getRow, [key.bytes]));
  const row = rows[0] as [Buffer, string | null, number | null] | undefined;
  if (!row) throw missing(context, key);
  const [value, id, size] = row;
  if (id === null || size === null) return new ValueInMemory(value.subarray(frontLength(context, key, value)));
  const parts = new ValueInParts(context, key, { id, size });
  const front = frontLength(context, key, await parts.piece(0, Math.min(size, HEADER_LENGTH)));
  return front === 0 ? parts : new ValueAfterFront(parts, front);
}

class ValueInMemory implements ReadableValue {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async *pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    if (start < end) yield this.#bytes.subarray(start, end);
  }
}

class ValueAfterFront implements ReadableValue {
  readonly #value: ReadableValue;
  readonly #front: number;

  constructor(value: ReadableValue, front: number) {
    this.#value = value;
    this.#front = front;
  }

  get size(): number {
    return this.#value.size - this.#front;
  }

  pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    return this.#value.pieces(start + this.#front, end + this.#front);
  }
}

/** The parts of a value. They go when it is replaced, which is `KV_STALE`. */
export class ValueInParts implements ReadableValue {
  readonly size: number;
  readonly #context: VaultContext;
  readonly #executor: Executor;
  readonly #key: StreamKey;
  readonly #id: string;
  readonly #condition: string;

  /** A stream goes on when the value has expired, and a handle does not. */
  constructor(context: VaultContext, key: StreamKey, { id, size }: LongValue, readable?: 'while it lives') {
    this.#condition = readable ? context.sql.ofLiveParts : '';
    this.#context = context;
    this.#executor = context.executor;
    this.#key = key;
    this.#id = id;
    this.size = size;
  }

  async *pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    const stop = Math.min(end, this.size);
    let ahead = start < stop ? this.#parts(start, Math.min(stop, nextBatch(start))) : undefined;
    for (let at = start; at < stop; ) {
      const parts = (await ahead) as Buffer[];
      at = Math.min(stop, nextBatch(at));
      // While these are used, the server sends the next ones.
      ahead = at < stop ? this.#parts(at, Math.min(stop, nextBatch(at))) : undefined;
      ahead?.catch(() => {});
      yield* parts;
    }
  }

  /** Returns the bytes from `start` to `end`, which is not among them, from one state. */
  async piece(start: number, end: number): Promise<Buffer> {
    this.#context.assertOpen();
    if (start >= end) return Buffer.alloc(0);
    const parts = await this.#parts(start, end);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Returns the same bytes as they lie in parts. */
  async #parts(start: number, end: number): Promise<Buffer[]> {
    this.#context.assertOpen();
    const { sql } = this.#context;
    const { bytes: key } = this.#key;
    const [first, last] = [Math.floor(start / PART_BYTES), Math.floor((end - 1) / PART_BYTES)];
    if (first === last && end - start < PART_BYTES) {
      const { rows } = await this.#executor.read((session) =>
        session.query(sql.pieceOfPart + this.#condition, [
          key,
          this.#id,
          first,
          start - first * PART_BYTES + 1,
          end - start,
        ]),
      );
      return [this.#checked((rows[0]?.[0] as Buffer | undefined) ?? Buffer.alloc(0), end - start)];
    }
    const rows = await this.#executor.read(async (session) =>
      // COPY sends bytes, and not their digits.
      session.copyOut
        ? await session.copyOut(sql.copyOfParts(this.#condition, key, this.#id, first, last + 1))
        : (await session.query(sql.someParts(this.#condition), [key, this.#id, first, last + 1])).rows,
    );
    if (rows.length !== last + 1 - first) throw replaced(this.#context, this.#key);
    return rows.map(([data], nth) => {
      const from = (first + nth) * PART_BYTES;
      const [low, high] = [Math.max(0, start - from), Math.min(PART_BYTES, end - from)];
      return this.#checked((data as Buffer).subarray(low, high), high - low);
    });
  }

  #checked(bytes: Buffer, expected: number): Buffer {
    if (bytes.length !== expected) throw replaced(this.#context, this.#key);
    return bytes;
  }
}

/** Returns where the bytes end that are read with those from `at` on. */
function nextBatch(at: number): number {
  return (Math.floor(at / PART_BYTES) + PARTS_AT_ONCE) * PART_BYTES;
}
