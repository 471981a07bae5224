import { withDetail } from '@kohakuvault/core-native/internal';
import { CodecError } from './codec-error.ts';

/** Bytes that do not follow their encoding. Users get a `CorruptData`. */
export class DecodeError extends CodecError {}

/** Returns the error for a pickle that is complete, but holds something that only Python can rebuild. */
export function unreadPickle(message: string): DecodeError {
  return withDetail(new DecodeError(message), 'unread-pickle');
}
