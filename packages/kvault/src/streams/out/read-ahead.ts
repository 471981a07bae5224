import type { ReadableValue } from './readable-value.ts';

const PIECE = 2 * 1024 * 1024;

/** Reads a value in pieces that are longer than those that are requested. */
export class ReadAhead implements ReadableValue {
  readonly size: number;
  readonly #value: ReadableValue;
  readonly #memory = Buffer.allocUnsafeSlow(PIECE);
  /** What of the value is in memory. */
  #from = 0;
  #length = 0;

  constructor(value: ReadableValue) {
    this.#value = value;
    this.size = value.size;
  }

  read(target: Uint8Array, offset: number): number {
    if (target.length >= PIECE) return this.#value.read(target, offset);
    let done = 0;
    while (done < target.length && offset + done < this.size) {
      const at = offset + done;
      if (at < this.#from || at >= this.#from + this.#length) this.#load(at);
      const piece = this.#memory.subarray(
        at - this.#from,
        Math.min(this.#length, at - this.#from + target.length - done),
      );
      if (piece.length === 0) break;
      target.set(piece, done);
      done += piece.length;
    }
    return done;
  }

  close(): void {
    this.#value.close();
  }

  #load(at: number): void {
    this.#length = 0;
    this.#length = this.#value.read(this.#memory, at);
    this.#from = at;
  }
}
