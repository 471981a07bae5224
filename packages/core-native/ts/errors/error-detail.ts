/**
 * What an error is about, where its code alone does not tell it. Sibling packages branch on it; messages are for
 * people.
 */
export type ErrorDetail =
  /** The value of a row is NULL or a number, where bytes are kept. */
  | 'no-bytes'
  /** SQLite knows no table, column or savepoint of that name. */
  | 'no-such-table'
  | 'no-such-column'
  | 'no-such-savepoint';

const DETAILS = new WeakMap<object, ErrorDetail>();

/** Returns what an error that the core threw is about; undefined for any other. */
export function detailOf(error: unknown): ErrorDetail | undefined {
  return typeof error === 'object' && error !== null ? DETAILS.get(error) : undefined;
}

/** Notes what an error is about. */
export function withDetail<E extends Error>(error: E, detail: ErrorDetail | undefined): E {
  if (detail !== undefined) DETAILS.set(error, detail);
  return error;
}
