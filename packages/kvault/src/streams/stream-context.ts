import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, checkKey, type Key, showKey, toBytes } from '../keys/keys.ts';
import type { Entries } from '../table/entries.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import type { ValueBytes } from '../values/value-bytes.ts';
import { onAbort } from './abort.ts';

/** What the streams of a vault need of it. */
export interface StreamSetup {
  readonly connection: Connection;
  readonly table: string;
  readonly values: ValueBytes;
  readonly chunkSize: number;
  /** The largest value that is kept in one piece. */
  readonly maxBlobBytes: number;
  readonly codec: KeyedCodec;
  readonly entries: Entries;
}

/**
 * The largest chunk that a stream hands out by default. V8 lets larger ones pile up: seventy MiB of 1 MiB chunks,
 * twenty of these.
 */
const GIVEN_CHUNK = 64 * 1024;

/** What all streams of a vault share. When the vault closes, it ends those that are open. */
export class StreamContext {
  readonly connection: Connection;
  readonly table: string;
  readonly values: ValueBytes;
  readonly maxBlobBytes: number;
  readonly codec: KeyedCodec;
  readonly entries: Entries;
  readonly #chunkSize: number;
  readonly #open = new Set<(reason: KohakuVaultError) => void>();

  constructor({ connection, table, values, chunkSize, maxBlobBytes, codec, entries }: StreamSetup) {
    this.connection = connection;
    this.table = table;
    this.values = values;
    this.maxBlobBytes = maxBlobBytes;
    this.codec = codec;
    this.entries = entries;
    this.#chunkSize = chunkSize;
    connection.onClose(() => {
      // An error costs as much as a tenth of closing, for its stack.
      if (this.#open.size === 0) return;
      const reason = new KohakuVaultError(
        `${connection.path} was closed before the stream had ended; close the vault after its streams`,
        { code: 'KV_CLOSED' },
      );
      for (const end of [...this.#open]) end(reason);
    });
  }

  /** Refuses a stream that the encoding of the values has no use for. */
  checkStream(method: string, use: 'read' | 'write'): void {
    const { streams, encoding } = this.codec;
    if (streams === 'read and write' || (streams === 'read' && use === 'read')) return;
    throw new InvalidArgument(
      use === 'write'
        ? `${method} stores bytes as they come, but the values of ${this.table} are encoded as ` +
            `${JSON.stringify(encoding)}; use set, or a vault with valueEncoding 'binary' on a table of its own`
        : `${method} gives bytes, but the values of ${this.table} are encoded as ${JSON.stringify(encoding)}; use get`,
    );
  }

  /** Returns the chunk size that an option asks for, or the vault's. */
  chunkSize(option: number | undefined): number {
    return option ?? this.#chunkSize;
  }

  /** Returns the same for chunks that are handed out. */
  givenChunkSize(option: number | undefined): number {
    return option ?? Math.min(this.#chunkSize, GIVEN_CHUNK);
  }

  /** Has `end` called when the vault closes. The function returned unregisters it. */
  register(end: (reason: KohakuVaultError) => void): () => void {
    this.#open.add(end);
    return () => this.#open.delete(end);
  }

  /** Has `end` called when the vault closes, and when the signal is aborted. The function returned unregisters it. */
  endWith(signal: AbortSignal | undefined, end: (reason: Error) => void): () => void {
    const unregister = this.register(end);
    const stopListening = onAbort(signal, end);
    return () => {
      unregister();
      stopListening();
    };
  }

  /**
   * Returns a signal that is aborted with the given one, and when the vault closes. Call `release` when the work is
   * over.
   */
  signalWith(given: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
    const closing = new AbortController();
    const release = this.endWith(given, (reason) => closing.abort(reason));
    return { signal: closing.signal, release };
  }
}

/** A key for streams: as it was given, its bytes in the table, and how messages show it. */
export class StreamKey {
  readonly given: Key;
  readonly bytes: Buffer;
  readonly shown: string;

  constructor(given: Key, inTable: CheckedKey) {
    this.given = given;
    this.bytes = toBytes(inTable);
    this.shown = showKey(inTable);
  }
}

/** Checks a key. A sublevel has done that, and gives the key that the table has. */
export function streamKey(key: Key | StreamKey): StreamKey {
  return key instanceof StreamKey ? key : new StreamKey(key, checkKey(key));
}
