import { checkOptions, InvalidArgument, isTagged, rules } from '@kohakuvault/core-native/internal';

export interface BlockingWaitOptions<K, V> {
  /** Waits for a change of this key. Without it, for a change of any key. */
  key?: K | undefined;
  /** The value of the key that you have read: the wait ends at once if the key has another one. */
  seen?: V | undefined;
  /** The `version` of the list before you read it: the wait ends at once if there were changes since. */
  since?: number | undefined;
  /** The longest time to wait, in milliseconds. */
  timeout?: number | undefined;
}

export interface WaitOptions<K, V> extends BlockingWaitOptions<K, V> {
  /** Ends the wait with the signal's reason as the error. */
  signal?: AbortSignal | undefined;
}

/** The longest time of Node's timers. */
const LONGEST = 2 ** 31 - 1;
const anything = { expected: 'anything', accepts: () => true };
const BLOCKING_RULES = {
  key: anything,
  seen: anything,
  since: rules.wholeNumber(0),
  timeout: {
    expected: `milliseconds from 0 to ${LONGEST}, or Infinity`,
    accepts: (value: unknown) =>
      typeof value === 'number' && value >= 0 && (value <= LONGEST || value === Number.POSITIVE_INFINITY),
  },
};
const RULES = {
  ...BLOCKING_RULES,
  signal: { expected: 'an AbortSignal', accepts: (value: unknown) => isTagged(value, 'AbortSignal') },
};

/** Options that were read once and checked. `hasSeen` tells a value of undefined from none. */
export interface CheckedWait<K, V> extends WaitOptions<K, V> {
  readonly hasSeen: boolean;
  readonly timeout: number;
}

export function checkedWait<K, V>(owner: string, options: WaitOptions<K, V> = {}, blocking = false): CheckedWait<K, V> {
  const known = blocking ? BLOCKING_RULES : RULES;
  checkOptions(owner, options, known);
  const hasSeen = 'seen' in options;
  const { key, seen, since, timeout = Number.POSITIVE_INFINITY, signal } = options;
  // A getter may return something else than it did for the check.
  checkOptions(owner, blocking ? { since, timeout } : { since, timeout, signal }, known);
  if (key === undefined && hasSeen) throw new InvalidArgument(`${owner}: seen is given without key; give both`);
  if (key !== undefined && since !== undefined) {
    throw new InvalidArgument(`${owner}: key and since are both given; give seen with key, since without`);
  }
  return { key, seen, since, timeout, signal, hasSeen };
}
