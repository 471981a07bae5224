import { KvGet, Mark, RecordHead } from '../native/constants.ts';

/** Why the core has not copied a value. These numbers replace its length, or its position. */
export const Absent = {
  /** There is no such key. */
  missing: KvGet.missing,
  /** The value must be read alone: a statement cannot return it, it does not fit, or it is not bytes. */
  apart: KvGet.apart,
  /** The value does not fit the target of `get`. `longLength` and `takeLong` give it. */
  tooLong: KvGet.tooLong,
  /** The key is text or a number. A vault neither writes nor finds such keys. */
  foreignKey: -4,
} as const;

/** One end of a range of keys. */
export interface KvBound {
  readonly key: Uint8Array;
  readonly inclusive: boolean;
}

/** The keys between two bounds. A bound that is undefined leaves that side open. */
export interface KvEnds {
  readonly lower: KvBound | undefined;
  readonly upper: KvBound | undefined;
}

/** The keys between two bounds, in an order. */
export interface KvRange extends KvEnds {
  /** Whether the rows come from the last key to the first. */
  readonly reverse: boolean;
}

/** A row of a page: its key and behind it, if values were asked for, its value. */
export interface KvRow {
  readonly memory: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
  /** `Absent.apart` or `Absent.foreignKey` if the value is not in the memory; otherwise 0. */
  readonly absent: number;
  /** The value in memory of its own, if the caller has fetched it. */
  own: Buffer | undefined;
}

export interface KvPage {
  readonly rows: KvRow[];
  /** Whether the range has no more rows. */
  readonly ended: boolean;
}

/** Translates what stands for the length of a value that is not there. */
export function absentOf(mark: number): number {
  if (mark === Mark.none) return Absent.missing;
  return mark === Mark.apart ? Absent.apart : Absent.foreignKey;
}

/** Reads records of a head, a key and a value. */
export function rowsIn(memory: Buffer, count: number): KvRow[] {
  const rows: KvRow[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const keyStart = at + RecordHead.bytes;
    const keyEnd = keyStart + memory.readUInt32LE(at + RecordHead.keyLength);
    const length = memory.readUInt32LE(at + RecordHead.valueLength);
    const absent = length >= Mark.foreignKey ? absentOf(length) : 0;
    at = absent === 0 ? keyEnd + length : keyEnd;
    rows.push({ memory, keyStart, keyEnd, valueEnd: at, absent, own: undefined });
  }
  return rows;
}
