import { CorruptData, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';

/** What is said of a column's chunk that is not as it should be. */
export class ChunkDamage {
  readonly #column: string;

  constructor(column: string) {
    this.#column = column;
  }

  missing(index: number, cause?: unknown): CorruptData {
    return new CorruptData(`${this.#chunk(index)} is missing, and elements should be in it`, { cause });
  }

  short(index: number, size: number, needed: number): CorruptData {
    return new CorruptData(`${this.#chunk(index)} ends after ${size} bytes, and its elements need ${needed}`);
  }

  /** Runs work on a chunk's bytes; where there are none, its error says which chunk. */
  told<T>(index: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotFound) throw this.missing(index, error);
      // What is there is no BLOB that could be opened.
      if (error instanceof KohakuVaultError && (error.code === 'KV_ERROR' || error.code === 'KV_CORRUPT')) {
        throw new CorruptData(`${this.#chunk(index)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  #chunk(index: number): string {
    return `column ${JSON.stringify(this.#column)}: chunk ${index}`;
  }
}
