import { type Cell, END, HEADER, NULL } from './copy-format.ts';

/** Returns rows in COPY's binary format. */
export function copyRowsOf(rows: readonly (readonly Cell[])[]): Buffer {
  let length = HEADER.length + 2;
  for (const row of rows) {
    length += 2;
    for (const cell of row) length += 4 + (cell?.length ?? 0);
  }
  const bytes = Buffer.allocUnsafe(length);
  bytes.set(HEADER);
  let at = HEADER.length;
  for (const row of rows) {
    at = bytes.writeInt16BE(row.length, at);
    for (const cell of row) {
      at = bytes.writeInt32BE(cell?.length ?? NULL, at);
      if (cell === null) continue;
      bytes.set(cell, at);
      at += cell.length;
    }
  }
  bytes.writeInt16BE(END, at);
  return bytes;
}
