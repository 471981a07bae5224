import type { FileHandle } from 'node:fs/promises';

/** Returns whether an object is a FileHandle, also one of another realm. */
export function isFileHandle(value: object): value is FileHandle {
  return 'fd' in value && typeof value.fd === 'number' && 'datasync' in value;
}
