import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { PartsUpload, Step } from '../../values/parts-upload.ts';
import type { Content } from '../content.ts';

/** A step of an upload, and how many bytes of the content are done after it. */
export interface SliceStep {
  readonly run: Step;
  readonly done: number;
}

/**
 * Writes content in slices, after the bytes that are stored in front of it. Each step must have run, in a transaction,
 * before the next one is asked for.
 */
export function* writeSlices(upload: PartsUpload, front: Buffer, content: Content): Generator<SliceStep> {
  const size = front.length + content.size;
  const memory = Buffer.allocUnsafeSlow(Math.min(upload.sliceLength, size));
  yield { run: () => upload.begin(), done: 0 };
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
    offset += filled;
    yield { run: () => upload.write(memory.subarray(0, filled), at), done: offset - front.length };
  }
}

export function endedEarly(done: number, size: number): InvalidArgument {
  return new InvalidArgument(
    `the source ended after ${done} bytes, but had ${size} when it was opened; do not truncate it meanwhile`,
  );
}
