import { CorruptData, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';

/** Makes the errors about damaged chunks of one column. */
export class ChunkDamage {
  readonly #column: string;

  constructor(column: string) {
    this.#column = column;
  }

  missing(index: number, cause?: unknown): CorruptData {
    return new CorruptData(`${this.#chunk(index)} is missing, and elements should be in it`, { cause });
  }

  short(index: number, size: number, needed: number): CorruptData {
    return new CorruptData(`${this.#chunk(index)} ends after ${size} bytes; its elements need ${needed}`);
  }

  wrongBound(index: number, element: number, bound: number): CorruptData {
    return new CorruptData(`${this.#chunk(index)}: element ${element} of it begins at byte ${bound}, which cannot be`);
  }

  wrong(index: number, what: string, cause?: unknown): CorruptData {
    return new CorruptData(`${this.#chunk(index)}: ${what}`, { cause });
  }

  /** Runs work on a chunk's bytes. If the chunk is missing or damaged, the error names it. */
  inChunk<T>(index: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotFound) throw this.missing(index, error);
      // The row holds something else than a BLOB, which SQLite cannot open.
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
