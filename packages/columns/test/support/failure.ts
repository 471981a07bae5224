import { KohakuVaultError } from '@kohakuvault/columns';

/** The KohakuVaultError the call throws; anything else it throws is passed on, and no error is a failure. */
export function failure(call: () => unknown): KohakuVaultError {
  try {
    call();
  } catch (error) {
    if (error instanceof KohakuVaultError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
