import {
  type Access,
  type Query,
  quoteIdentifier,
  type SharedConnection,
  tableKey,
} from '@kohakuvault/core-native/internal/database';
import { LEAST_ID } from './ids.ts';

/** How many chunks are read before a new one is made, which costs more than to read them. */
const CHUNKS_A_LOOK = 64;
/** The rest of a round through all chunks, and a whole one. */
const ROUNDS = 2;

interface SurveyedChunk {
  readonly chunk: bigint;
  readonly hasRoom: bigint;
}

/**
 * The chunks of a table that may have free slots. All vaults on a connection share it.
 *
 * It may be out of date, because other writers and rollbacks change chunks: the code that fills a chunk looks again. It
 * learns of free slots from our own deletes. Before a new chunk is made, it goes through some of the chunks, until all
 * have been read since the file state changed.
 */
export class FreeSlots {
  readonly #shared: SharedConnection;
  readonly #chunks = new Set<bigint>();
  readonly #survey: Query<SurveyedChunk>;
  #version: number | undefined;
  #roundsLeft = ROUNDS;
  #after = LEAST_ID;

  private constructor(shared: SharedConnection, table: string) {
    this.#shared = shared;
    this.#survey = shared.query(
      `SELECT chunk_id AS chunk, replace(hex(validity), 'F', '') <> '' AS hasRoom
        FROM main.${quoteIdentifier(`${table}_chunks`)} WHERE chunk_id > ? ORDER BY chunk_id LIMIT ?`,
      { bigints: true },
    );
  }

  /** Returns the companion for a table of a connection. */
  static of(connection: Access, table: string): FreeSlots {
    return connection.companion(`free slots ${tableKey(table)}`, (shared) => new FreeSlots(shared, table));
  }

  /** Notes the file state. Call it inside the transaction of a write, before the write. */
  beginWrite(): void {
    const version = this.#shared.version();
    if (version !== undefined && version === this.#version) return;
    this.#version = version;
    this.#roundsLeft = ROUNDS;
  }

  /** Returns a chunk that may have free slots; undefined if a new chunk is due. */
  next(): bigint | undefined {
    if (this.#chunks.size === 0 && this.#roundsLeft > 0) this.#look();
    return this.#chunks.values().next().value;
  }

  note(chunk: bigint): void {
    this.#chunks.add(chunk);
  }

  forget(chunk: bigint): void {
    this.#chunks.delete(chunk);
  }

  /** Forgets all chunks: they were deleted. */
  restart(): void {
    this.#chunks.clear();
    this.#roundsLeft = 0;
  }

  #look(): void {
    const found = this.#shared.read(() => this.#survey.all(this.#after, CHUNKS_A_LOOK));
    for (const { chunk, hasRoom } of found) if (hasRoom) this.#chunks.add(chunk);
    if (found.length === CHUNKS_A_LOOK) {
      this.#after = (found.at(-1) as SurveyedChunk).chunk;
      return;
    }
    this.#after = LEAST_ID;
    this.#roundsLeft--;
  }
}
