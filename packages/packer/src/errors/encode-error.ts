import { CodecError } from './codec-error.ts';

/** An argument that a codec refuses, such as a value that an encoding cannot hold. Users get an `InvalidArgument`. */
export class EncodeError extends CodecError {}
