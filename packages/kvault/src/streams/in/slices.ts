import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { PartsUpload } from '../../values/parts-upload.ts';
import type { Content } from '../content.ts';

/** Runs a body that takes the write lock, when that is allowed. */
export type Locked = (body: () => void) => void;

/**
 * Writes content in slices, after the bytes that are stored in front of it. Yields after each slice the number of bytes
 * that are done.
 */
export function* writeSlices(upload: PartsUpload, front: Buffer, content: Content, locked: Locked): Generator<number> {
  const size = front.length + content.size;
  const memory = Buffer.allocUnsafeSlow(Math.min(upload.sliceLength, size));
  locked(() => upload.begin());
  for (let offset = 0; offset < size; ) {
    // The source is read before the write lock is taken.
    let filled = offset < front.length ? front.copy(memory) : 0;
    const end = Math.min(memory.length, size - offset);
    while (filled < end) {
      const done = offset + filled - front.length;
      const count = content.read(memory.subarray(filled, end), done);
      if (count === 0) throw endedEarly(done, content.size);
      filled += count;
    }
    const at = offset;
    locked(() => upload.write(memory.subarray(0, filled), at));
    offset += filled;
    yield offset - front.length;
  }
}

export function endedEarly(done: number, size: number): InvalidArgument {
  return new InvalidArgument(
    `the source ended after ${done} bytes, but had ${size} when it was opened; do not truncate it meanwhile`,
  );
}
