/** The codes of KohakuVault's warnings. `docs/errors.md` has the cause and the cure of each. */
export type WarningCode = 'KV_WAL_LARGE' | 'KV_NETWORK_FILE';

/** Emits a warning of the process, which Node prints if nobody listens to `warning`. */
export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { type: 'KohakuVaultWarning', code });
}
