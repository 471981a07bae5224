import type { Lifetime } from '@kohakuvault/kvault/internal';
import { beginsLikeHeader, Encoding, header } from '@kohakuvault/packer/value';
import type { Session } from '../client/session.ts';
import { putLong } from '../kvault/long-values.ts';
import { PART_BYTES } from '../kvault/options.ts';
import { PartsUpload } from '../kvault/uploads.ts';
import type { VaultContext } from '../kvault/vault-context.ts';
import type { StreamKey } from './stream-key.ts';

/** How many bytes are collected for one statement. */
const BATCH_BYTES = 4 * PART_BYTES;

/** Takes the bytes of a value as they come. They become the key's value at `commit`: all of them, or none. */
export class ValueSink {
  readonly #context: VaultContext;
  readonly #key: Buffer;
  readonly #upload: PartsUpload;
  #chunks: Buffer[] = [];
  /** The bytes in the chunks. */
  #pending = 0;
  /** The bytes that were given. */
  #size = 0;
  /** The bytes that are stored in parts, whole ones only before the end. */
  #uploaded = 0;
  #isBegun = false;

  constructor(context: VaultContext, key: StreamKey) {
    this.#context = context;
    this.#key = key.bytes;
    this.#upload = new PartsUpload(context, key.bytes);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a copy of some bytes. */
  async append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += BATCH_BYTES) {
      const piece = Buffer.from(bytes.subarray(at, at + BATCH_BYTES));
      this.#chunks.push(piece);
      this.#pending += piece.length;
      this.#size += piece.length;
      if (this.#pending >= BATCH_BYTES && !this.#fitsRow()) await this.#uploadParts(false);
    }
  }

  /** Makes the bytes the key's value. `beside` runs in the same transaction. */
  async commit(life: Lifetime | undefined, beside?: (session: Session) => Promise<void>): Promise<void> {
    const { executor, writes, sql } = this.#context;
    if (this.#fitsRow()) {
      const entry = { key: this.#key, value: this.#take(), life };
      if (!beside) return await writes.set(executor, entry);
      return await executor.atomically(async (session) => {
        await writes.setIn(session, entry);
        await beside(session);
      });
    }
    await this.#uploadParts(true);
    const value = { id: this.#upload.id, size: this.#uploaded, life };
    await executor.atomically(async (session) => {
      await this.#upload.settle(session);
      await putLong(session, sql, this.#key, value);
      await beside?.(session);
    });
    await this.#upload.end(true);
  }

  /** Gives up. Nothing of the value is left. */
  async abort(): Promise<void> {
    this.#chunks = [];
    await this.#upload.end(false);
  }

  #fitsRow(): boolean {
    return this.#uploaded === 0 && this.#context.writes.fitsRow(this.#pending);
  }

  /** Stores what has been collected: the whole parts of it, and at the end the rest. */
  async #uploadParts(isEnd: boolean): Promise<void> {
    const bytes = this.#take();
    const whole = isEnd ? bytes.length : bytes.length - (bytes.length % PART_BYTES);
    const parts: Buffer[] = [];
    for (let at = 0; at < whole; at += PART_BYTES) parts.push(bytes.subarray(at, Math.min(at + PART_BYTES, whole)));
    const rest = bytes.subarray(whole);
    if (rest.length > 0) this.#chunks.push(rest);
    this.#pending = rest.length;
    const first = this.#uploaded / PART_BYTES;
    const perBatch = BATCH_BYTES / PART_BYTES;
    for (let at = 0; at < parts.length; at += perBatch) {
      await this.#upload.put(first + at, parts.slice(at, at + perBatch));
    }
    this.#uploaded += whole;
  }

  /** Returns what has been collected. Bytes that begin like a header are stored after one that says they are bytes. */
  #take(): Buffer {
    const { escapes } = this.#context.codec;
    if (!this.#isBegun) {
      this.#isBegun = true;
      const first = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : (this.#chunks[0] ?? Buffer.alloc(0));
      this.#chunks = escapes && beginsLikeHeader(first) ? [header(Encoding.raw), first] : [first];
    }
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [];
    return bytes;
  }
}
