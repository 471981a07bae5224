/**
 * The numbers that the core writes when SQLite tells it of something, read here without a call. `src/witness/board.rs`
 * has the same places and bits.
 */
export type Board = Uint32Array;

export const Place = {
  /** Moves with every statement that begins on the connection. */
  statements: 0,
  /** Moves when what is kept in memory of the file may not be what the file holds any more. */
  epoch: 1,
  /** What must be seen to before something in memory is used: bits of `Attention`. */
  attention: 2,
  /** 1 while SQLite tells us of the transaction that is open. */
  joined: 3,
  /** Moves with every statement that may write and is not ours. */
  foreign: 4,
  /** Moves with every transaction that SQLite begins to tell us of. */
  transactions: 5,
} as const;

export const Attention = {
  /** There are steps of the transaction that nobody has taken. */
  news: 1,
  /** A statement that may write has begun and was not ours, and is not seen to have ended. */
  unsettled: 2,
  /** A write of ours runs. Statements inside its statements are those of a function that a trigger calls. */
  writing: 4,
  /** The same of one whose statements run statements of their own, as those of a virtual table do. */
  writingNested: 4 | 8,
} as const;

/** What `activity` of the core tells, bit by bit. */
export const Activity = {
  /** A statement that may write is running. */
  writer: 1,
  /** Any statement is running. */
  statement: 2,
  /** A transaction is open that somebody began. */
  transaction: 4,
  /** A state of the file is held, to be read. */
  reading: 8,
  /** The right to write is held. */
  writing: 16,
} as const;

/** How a write runs: one whose statements run statements of their own says so. */
export type WriteKind = 'plain' | 'nested';
