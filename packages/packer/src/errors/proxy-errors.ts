import { CorruptData, InvalidArgument, isErrorNamed } from '@kohakuvault/core-native/internal';
import { CodecError } from './codec-error.ts';
import { EncodeError } from './encode-error.ts';

/**
 * Returns what a codec threw if it is about the value or the bytes, and undefined for an error of the caller's own
 * code. A Proxy that was revoked, or whose traps break a rule of the language, makes the engine throw a TypeError: that is
 * about the value.
 */
export function codecErrorOf(error: unknown): CodecError | undefined {
  if (error instanceof CodecError) return error;
  if (!(isErrorNamed(error, 'TypeError') && /\bproxy\b/i.test(error.message))) return undefined;
  return new EncodeError(`it holds a Proxy that cannot be read: ${error.message}`, { cause: error });
}

/** Reads options or other arguments, any of which may be a Proxy. */
export function readArguments<T>(method: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const refused = codecErrorOf(error);
    throw refused ? new InvalidArgument(`${method}: ${refused.message}`, { cause: error }) : error;
  }
}

/** Turns what a codec threw into the user's error, which names the packer. Returns other errors as they are. */
export function explained(packer: string, error: unknown): unknown {
  const codecError = codecErrorOf(error);
  if (!codecError) return error;
  const where = codecError.path.length > 0 ? `${codecError.where}: ` : '';
  const message = `${packer}: ${where}${codecError.message}`;
  const options = codecError.cause === undefined ? {} : { cause: codecError.cause };
  return codecError instanceof EncodeError ? new InvalidArgument(message, options) : new CorruptData(message, options);
}
