import { END, HEADER, NULL } from './copy-format.ts';

/** A row as COPY gives it: its cells in the binary form of their types. */
export type CopiedRow = readonly (Buffer | null)[];

/** Rows share memory, few enough of them that a cell that somebody keeps does not keep a whole page. */
const SLAB = 64 * 1024;
/** A longer row has memory of its own. */
const LONG = SLAB / 4;

/** Reads rows in COPY's binary format as they arrive. The server sends each in a message of its own. */
export class CopiedRows {
  readonly rows: CopiedRow[] = [];
  #slab = Buffer.alloc(0);
  #hasBegun = false;

  /** Takes in a message, whose memory may be used again. */
  add(message: Uint8Array): void {
    const bytes = this.#kept(message);
    let at = this.#hasBegun ? 0 : HEADER.length;
    this.#hasBegun = true;
    while (at < bytes.length) {
      const cells = bytes.readInt16BE(at);
      if (cells === END) return;
      at += 2;
      const row = new Array<Buffer | null>(cells);
      for (let nth = 0; nth < cells; nth++) {
        const length = bytes.readInt32BE(at);
        at += 4;
        row[nth] = length === NULL ? null : bytes.subarray(at, at + length);
        if (length !== NULL) at += length;
      }
      this.rows.push(row);
    }
    if (at > bytes.length) throw new RangeError('a row of COPY came in several messages');
  }

  #kept(message: Uint8Array): Buffer {
    const { length } = message;
    if (length > LONG) return Buffer.from(message);
    if (length > this.#slab.length) this.#slab = Buffer.allocUnsafeSlow(SLAB);
    const bytes = this.#slab.subarray(0, length);
    bytes.set(message);
    this.#slab = this.#slab.subarray(length);
    return bytes;
  }
}
