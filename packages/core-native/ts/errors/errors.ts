/** The codes of KohakuVault's errors. `docs/errors.md` has the cause and the cure of each. */
export type ErrorCode =
  | 'KV_ERROR'
  | 'KV_NOT_FOUND'
  | 'KV_BUSY'
  | 'KV_INVALID_ARGUMENT'
  | 'KV_IO'
  | 'KV_CORRUPT'
  | 'KV_CLOSED'
  | 'KV_READONLY'
  | 'KV_RUNTIME_UNSUPPORTED'
  | 'KV_TWO_SQLITE'
  | 'KV_NATIVE_MISSING'
  | 'KV_STALE'
  | 'KV_TIMEOUT'
  | 'KV_WRONG_KEY'
  | 'KV_UNTRUSTED'
  | 'KV_UNAVAILABLE'
  | 'KV_CONFLICT';

/** The class of all errors of KohakuVault. Branch on `code`; the message is for people. */
export class KohakuVaultError extends Error {
  readonly code: ErrorCode;

  constructor(message: string, options: { code?: ErrorCode; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? 'KV_ERROR';
  }
}

/** The requested key, column, table or id does not exist. */
export class NotFound extends KohakuVaultError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, code: 'KV_NOT_FOUND' });
  }
}

/** Another connection held the file for the whole time that we wait. */
export class DatabaseBusy extends KohakuVaultError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, code: 'KV_BUSY' });
  }
}

/** An argument cannot be used. Nothing was changed. */
export class InvalidArgument extends KohakuVaultError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, code: 'KV_INVALID_ARGUMENT' });
  }
}

/** The operating system refused to open, read or write. */
export class IoError extends KohakuVaultError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, code: 'KV_IO' });
  }
}

/** The stored bytes are damaged. */
export class CorruptData extends KohakuVaultError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, code: 'KV_CORRUPT' });
  }
}

// Not in the classes: a bundler renames a class that mentions itself, and its name is in each stack trace.
const NAMED = { KohakuVaultError, NotFound, DatabaseBusy, InvalidArgument, IoError, CorruptData };
for (const [name, Class] of Object.entries(NAMED)) Class.prototype.name = name;

const CLASS_OF_CODE: Partial<
  Record<ErrorCode, new (message: string, options?: { cause?: unknown }) => KohakuVaultError>
> = {
  KV_NOT_FOUND: NotFound,
  KV_BUSY: DatabaseBusy,
  KV_INVALID_ARGUMENT: InvalidArgument,
  KV_IO: IoError,
  KV_CORRUPT: CorruptData,
};

/** Makes an error of the class that belongs to a code. */
export function errorOf(code: ErrorCode, message: string, options?: { cause?: unknown }): KohakuVaultError {
  const Class = CLASS_OF_CODE[code];
  return Class ? new Class(message, options) : new KohakuVaultError(message, { ...options, code });
}
