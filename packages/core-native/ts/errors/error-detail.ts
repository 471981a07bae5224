/**
 * What an error is about, if its code does not say. Code of ours branches on the detail, and never on a message. A
 * detail is invisible to users.
 */
export type ErrorDetail =
  /** The value of a row is NULL or a number where a vault keeps bytes. */
  | 'no-bytes'
  /** SQLite knows no table, column or savepoint of that name. */
  | 'no-such-table'
  | 'no-such-column'
  | 'no-such-savepoint'
  /** The file is not a database, or its key is missing or wrong. */
  | 'not-a-database'
  /** The core already works in another copy of SQLite. */
  | 'two-sqlites'
  /** A pickle that is whole, but holds something that only Python can rebuild. */
  | 'unread-pickle';

const details = new WeakMap<object, ErrorDetail>();

/** Returns the detail of an error; undefined if it has none. */
export function detailOf(error: unknown): ErrorDetail | undefined {
  return typeof error === 'object' && error !== null ? details.get(error) : undefined;
}

/**
 * Gives an error its detail, and returns it. Pass `detailOf(cause)` when you wrap an error whose detail must be kept.
 */
export function withDetail<E extends Error>(error: E, detail: ErrorDetail | undefined): E {
  if (detail !== undefined) details.set(error, detail);
  return error;
}
