import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Lifetime, showKey } from '@kohakuvault/kvault/internal';
import { ByteStrings, type Session } from '../client/session.ts';
import type { EntrySql } from './entry-sql.ts';
import { timeParameters } from './life.ts';
import { PART_BYTES } from './options.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');

/** How many parts one statement writes or reads: memory for 4 MiB, and for its text form. */
const PARTS_AT_ONCE = 16;

/** Where the bytes of a value are that is not in its row. */
export interface LongValue {
  readonly id: string;
  readonly size: number;
}

/** Writes the parts of a value, and returns where it is. The row must be written in the same transaction. */
export async function writeParts(session: Session, sql: EntrySql, key: Buffer, bytes: Buffer): Promise<LongValue> {
  const id = randomUUID();
  const parts = partsOf(bytes);
  for (let first = 0; first < parts.length; first += PARTS_AT_ONCE) {
    const some = new ByteStrings(parts.slice(first, first + PARTS_AT_ONCE));
    await session.query(sql.putParts, [key, id, first, some]);
  }
  return { id, size: bytes.length };
}

/** Makes parts that are written the value of a key. */
export async function putLong(
  session: Session,
  sql: EntrySql,
  key: Buffer,
  { id, size, life }: LongValue & { life?: Lifetime | undefined },
): Promise<void> {
  await session.query(sql.putLong, [key, id, size, ...timeParameters(life)]);
}

/** Returns all bytes of a value. It must be read in the transaction that has found it. */
export async function readParts(
  session: Session,
  sql: EntrySql,
  key: Buffer,
  { id, size }: LongValue,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (let first = 0; first * PART_BYTES < size; first += PARTS_AT_ONCE) {
    const { rows } = await session.query(sql.someParts(), [key, id, first, first + PARTS_AT_ONCE]);
    for (const [data] of rows as [Buffer][]) at += data.copy(bytes, at);
  }
  if (at !== size) throw incomplete(sql, key, at, size);
  return bytes;
}

export function incomplete(sql: EntrySql, key: Buffer, found: number, size: number): CorruptData {
  return new CorruptData(
    `the parts of the value of ${showKey(key)} in ${sql.values} have ${found} bytes instead of ${size}; ` +
      'restore a backup, or set the key again',
  );
}

function partsOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / PART_BYTES);
  return Array.from({ length: count }, (_, part) => bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
}
