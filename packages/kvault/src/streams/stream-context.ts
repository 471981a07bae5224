import { describe, InvalidArgument, KohakuVaultError, refuseDetached } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { type Key, keyBytes, showKey } from '../keys/keys.ts';
import type { Entries } from '../table/entries.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import type { StoredValues } from '../values/stored-values.ts';

/** What the streams of a vault need of it. */
export interface StreamHostSetup {
  readonly connection: Connection;
  readonly table: string;
  readonly values: StoredValues;
  readonly chunkSize: number;
  /** Longer values are kept in parts. */
  readonly maxBlobBytes: number;
  readonly codec: KeyedCodec;
  readonly entries: Entries;
}

/** Longer chunks pile up before V8 collects them: of 1 MiB each some seventy, of this length twenty MiB in all. */
const GIVEN_CHUNK = 64 * 1024;

/** A vault as its streams see it. What is open on it is ended when it closes. */
export class StreamHost {
  readonly setup: StreamHostSetup;
  readonly #open = new Set<(reason: KohakuVaultError) => void>();

  constructor(setup: StreamHostSetup) {
    this.setup = setup;
    setup.connection.onClose(() => {
      const reason = new KohakuVaultError(`${setup.connection.path} was closed before the stream had ended`, {
        code: 'KV_CLOSED',
      });
      for (const end of [...this.#open]) end(reason);
    });
  }

  get connection(): Connection {
    return this.setup.connection;
  }

  get table(): string {
    return this.setup.table;
  }

  /** The values of this vault's table, for ranges of them. */
  get values(): StoredValues {
    return this.setup.values;
  }

  /** The chunk size an option asks for, or the vault's. */
  chunkSize(option: number | undefined): number {
    return option ?? this.setup.chunkSize;
  }

  /** The same for chunks that are given away. */
  givenChunkSize(option: number | undefined): number {
    return option ?? Math.min(this.setup.chunkSize, GIVEN_CHUNK);
  }

  /** Registers what has to end with the vault; the function returned takes it off again. */
  register(end: (reason: KohakuVaultError) => void): () => void {
    this.#open.add(end);
    return () => this.#open.delete(end);
  }
}

/** A key for streams: its bytes, and how messages name it. */
export interface StreamKey {
  readonly bytes: Buffer;
  readonly shown: string;
}

export function streamKey(key: Key): StreamKey {
  return { bytes: keyBytes(key), shown: showKey(key) };
}

/** The bytes of a chunk, sharing its memory. */
export function bytesOf(chunk: unknown, what: string): Buffer {
  if (ArrayBuffer.isView(chunk)) {
    refuseDetached(what, chunk);
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (chunk instanceof ArrayBuffer || chunk instanceof SharedArrayBuffer) {
    refuseDetached(what, chunk);
    return Buffer.from(chunk);
  }
  throw new InvalidArgument(`${what} is ${describe(chunk)}; expected bytes (a Buffer, a typed array, an ArrayBuffer)`);
}
