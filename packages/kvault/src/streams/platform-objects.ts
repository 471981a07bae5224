import type { WritableStream } from 'node:stream/web';
import { isTagged } from '@kohakuvault/core-native/internal';

// Objects of the platform, known by their tag and by what is used of them: another realm has classes of its own.

export function isUrl(value: unknown): value is URL {
  return isTagged(value, 'URL') && typeof (value as URL).href === 'string';
}

export function isBlob(value: object): value is Blob {
  return (isTagged(value, 'Blob') || isTagged(value, 'File')) && typeof (value as Blob).stream === 'function';
}

export function isWritableStream(value: object): value is WritableStream {
  return isTagged(value, 'WritableStream') && typeof (value as WritableStream).getWriter === 'function';
}
