import type { ErrorCode, KohakuVaultError } from '@kohakuvault/core-native/internal';

/** The exit status of the process. docs/guides/command-line.md lists them for scripts. */
export const ExitCode = {
  ok: 0,
  /** The command failed: no such file or key, not permitted, refused. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The file is damaged, or not a database. */
  damaged: 3,
  /** Another process locked the file for the whole timeout. */
  busy: 4,
  /** The installation does not work: the native core or better-sqlite3 is missing or incompatible. */
  installation: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  KV_CORRUPT: ExitCode.damaged,
  KV_BUSY: ExitCode.busy,
  KV_RUNTIME_UNSUPPORTED: ExitCode.installation,
  KV_TWO_SQLITE: ExitCode.installation,
  KV_NATIVE_MISSING: ExitCode.installation,
};

export function exitCodeOf(error: KohakuVaultError): ExitCode {
  return BY_CODE[error.code] ?? ExitCode.failed;
}

/** An error in the command line itself. It names the command whose help describes the right form. */
export class UsageError extends Error {
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}
