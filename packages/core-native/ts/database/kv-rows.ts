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

/** Translates what stands for the length of a value that is not there. */
export function absentOf(mark: number): number {
  if (mark === Mark.none) return Absent.missing;
  return mark === Mark.apart ? Absent.apart : Absent.foreignKey;
}

/**
 * The rows of a page, one after another: the object itself is the row that it is at, so no row costs an object. It reads
 * records of a head, a key and a value.
 */
export class KvRows implements KvRow {
  memory: Buffer = NOTHING;
  keyStart = 0;
  keyEnd = 0;
  valueEnd = 0;
  absent = 0;
  own: Buffer | undefined;
  /** How many rows follow on the page. */
  #left = 0;
  /** Whether the range has no rows behind the page. */
  ended = false;

  /** Begins with a page that was read, before its first row. */
  begin(memory: Buffer, count: number, ended: boolean): void {
    this.memory = memory;
    this.valueEnd = 0;
    this.#left = count;
    this.ended = ended;
  }

  get left(): number {
    return this.#left;
  }

  /** Goes to the next row of the page. Returns false if the page has no more. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const { memory, valueEnd: at } = this;
    const keyStart = at + RecordHead.bytes;
    const keyEnd = keyStart + memory.readUInt32LE(at + RecordHead.keyLength);
    const length = memory.readUInt32LE(at + RecordHead.valueLength);
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.absent = length >= Mark.foreignKey ? absentOf(length) : 0;
    this.valueEnd = this.absent === 0 ? keyEnd + length : keyEnd;
    this.own = undefined;
    return true;
  }

  /** Leaves out the rest of the page. */
  stop(): void {
    this.#left = 0;
  }
}

const NOTHING = Buffer.alloc(0);
