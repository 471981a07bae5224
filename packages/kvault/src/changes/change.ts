/** What has happened to a key: it was given a value, or it was deleted. */
export type ChangeKind = 'set' | 'delete';

/** A change of one key. */
export interface Change<K = string, V = unknown> {
  readonly key: K;
  /** Whether the key was given a value, or deleted. */
  readonly kind: ChangeKind;
  /** The place after this change, for `since`. */
  readonly position: string;
  /** Returns the value that the key has now; undefined if it has been deleted. */
  value(): V | undefined;
}
