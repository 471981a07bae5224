import { KohakuVaultError } from '@kohakuvault/core-native';

/** The code of the KohakuVaultError the call throws; anything else it throws is passed on, and no error is a failure. */
export function codeOf(call: () => unknown): string {
  return thrownBy(call).code;
}

export function thrownBy(call: () => unknown): KohakuVaultError {
  try {
    call();
  } catch (error) {
    if (error instanceof KohakuVaultError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
