import { checkOptions, isTagged, type OptionRule } from '@kohakuvault/core-native/internal';

export const SIGNAL_RULE: OptionRule = {
  expected: 'an AbortSignal',
  accepts: (value) => isTagged(value, 'AbortSignal'),
};

/** Checks options that have only a signal, and returns it. */
export function checkSignal(
  owner: string,
  options: { signal?: AbortSignal | undefined } | undefined,
): AbortSignal | undefined {
  checkOptions(owner, options, { signal: SIGNAL_RULE });
  return options?.signal;
}
