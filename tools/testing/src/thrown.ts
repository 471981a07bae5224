import { KohakuVaultError } from '@kohakuvault/core-native';

/** Returns the code of the `KohakuVaultError` that a call throws. Throws if the call throws another error, or none. */
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
