import type { ErrorCode, KohakuVaultError } from '@kohakuvault/core-native/internal';

/** What the process ends with; docs/guides/command-line.md lists them for scripts. */
export const ExitCode = {
  ok: 0,
  /** It could not be done: no such file or key, not permitted, refused. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The file is damaged, or is no database. */
  damaged: 3,
  /** Another process held the file for the whole wait. */
  busy: 4,
  /** This installation cannot work: the native core or better-sqlite3 is missing or does not fit. */
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

/** The command line is wrong: the message says how, and which command's help tells more. */
export class UsageError extends Error {
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}
