/**
 * The numbers that the core writes when SQLite tells it of something, read here without a call. `src/witness/board.rs` has
 * the same places.
 */
export type Board = Uint32Array;

export const Place = {
  /** Moves with every statement that begins on the connection. */
  statements: 0,
  /** Moves when what is kept in memory of the file may not be what the file holds any more. */
  epoch: 1,
  /** 1 once a statement that may write has begun and was not ours, until it is seen to have ended. */
  unsettled: 2,
  /** While a write of ours runs: see `Writing`. */
  writing: 3,
  /** 1 while SQLite tells us of the transaction that is open. */
  joined: 4,
  /** 1 while there are steps of the transaction that nobody has taken. */
  news: 5,
  /** Moves with every statement that may write and is not ours. */
  foreign: 6,
} as const;

/** What kind of write of ours runs. */
export const Writing = {
  none: 0,
  /** Statements inside its statements are those of a function that a trigger calls. */
  plain: 1,
  /** Its statements run statements of their own, as those of a virtual table do. */
  nested: 2,
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
