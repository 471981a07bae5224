/** Cells of COPY's binary format, in the forms in which PostgreSQL sends and receives its types. */

export function int4Cell(value: number): Buffer {
  const cell = Buffer.allocUnsafe(4);
  cell.writeInt32BE(value);
  return cell;
}

export function int8Cell(value: bigint): Buffer {
  const cell = Buffer.allocUnsafe(8);
  cell.writeBigInt64BE(value);
  return cell;
}

export function float8Cell(value: number): Buffer {
  const cell = Buffer.allocUnsafe(8);
  cell.writeDoubleBE(value);
  return cell;
}

export function textCell(text: string): Buffer {
  return Buffer.from(text);
}

/** The milliseconds from 1970 to 2000, from which PostgreSQL counts microseconds. */
const EPOCH = 946_684_800_000;

/** Returns a time as a `timestamptz`. */
export function timeCell(milliseconds: number): Buffer {
  return int8Cell(BigInt(milliseconds - EPOCH) * 1_000n);
}
