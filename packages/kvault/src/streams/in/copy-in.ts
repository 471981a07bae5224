import { beginsLikeHeader, Encoding, header } from '@kohakuvault/packer/value';
import type { ValueBytes } from '../../values/value-bytes.ts';
import { writeValue } from '../../values/value-writer.ts';
import type { Content } from '../content.ts';
import { endedEarly } from './slices.ts';

/** Where a value goes, and how it is stored there. */
export interface Destination {
  readonly values: ValueBytes;
  readonly key: Buffer;
  readonly chunkSize: number;
  /** The largest value that is kept in one piece. */
  readonly maxBlobBytes: number;
  /** Whether bytes that begin like a header are stored after one. */
  readonly escapes: boolean;
}

/**
 * Makes the content the key's value, in one transaction that waits for nothing: either the old value stays, or the
 * whole new one is there. `afterChunk` is called after each chunk, and aborts the copy if it throws.
 */
export function copyIn(to: Destination, content: Content, afterChunk: (done: number) => void): void {
  const { values, key, maxBlobBytes } = to;
  values.connection.transaction(() => {
    const chunk = Buffer.allocUnsafe(Math.max(2, Math.min(to.chunkSize, content.size)));
    const front = frontOf(content, to.escapes);
    writeValue(values, key, { size: front.length + content.size, maxBlobBytes }, (writer) => {
      if (front.length > 0) writer.append(front);
      for (let done = 0; done < content.size; ) {
        const count = content.read(chunk.subarray(0, Math.min(chunk.length, content.size - done)), done);
        if (count === 0) throw endedEarly(done, content.size);
        writer.append(chunk.subarray(0, count));
        done += count;
        afterChunk(done);
      }
    });
  });
}

/** Returns what is stored before the content: a header that says "raw" if the content itself begins like a header. */
export function frontOf(content: Content, escapes: boolean): Buffer {
  if (!escapes) return Buffer.alloc(0);
  const first = Buffer.alloc(2);
  content.read(first, 0);
  return beginsLikeHeader(first) ? header(Encoding.raw) : Buffer.alloc(0);
}
