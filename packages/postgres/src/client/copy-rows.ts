/** The signature of COPY's binary format, the flags and the length of what may follow. */
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const END = -1;
const NULL = -1;

/** Returns rows of byte strings in COPY's binary format. */
export function copyRowsOf(rows: readonly (readonly Uint8Array[])[]): Buffer {
  let length = HEADER.length + 2;
  for (const row of rows) {
    length += 2;
    for (const cell of row) length += 4 + cell.length;
  }
  const bytes = Buffer.allocUnsafe(length);
  bytes.set(HEADER);
  let at = HEADER.length;
  for (const row of rows) {
    at = bytes.writeInt16BE(row.length, at);
    for (const cell of row) {
      at = bytes.writeInt32BE(cell.length, at);
      bytes.set(cell, at);
      at += cell.length;
    }
  }
  bytes.writeInt16BE(END, at);
  return bytes;
}

/** Reads rows in COPY's binary format. Their cells are parts of `bytes`, or null. */
export function readCopyRows(bytes: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  let at = HEADER.length;
  for (let cells = bytes.readInt16BE(at); cells !== END; cells = bytes.readInt16BE(at)) {
    at += 2;
    const row: (Buffer | null)[] = [];
    for (let nth = 0; nth < cells; nth++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      row.push(length === NULL ? null : bytes.subarray(at, at + length));
      if (length !== NULL) at += length;
    }
    rows.push(row);
  }
  return rows;
}
