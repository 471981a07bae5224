import { CodecError } from './codec-error.ts';

/** Bytes that do not follow their encoding. Users get a `CorruptData`. */
export class DecodeError extends CodecError {}
