import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { beginsLikeHeader, Encoding, header } from '@kohakuvault/packer/value';
import type { StoredValues } from '../../values/stored-values.ts';
import { writeValue } from '../../values/value-writer.ts';
import type { Content } from '../content.ts';

/** Where a value goes, and how. */
export interface Destination {
  readonly values: StoredValues;
  readonly key: Buffer;
  readonly chunkSize: number;
  /** Longer values are kept in parts. */
  readonly maxBlobBytes: number;
  /** Whether bytes that begin like a header are stored behind one. */
  readonly escapes: boolean;
}

/**
 * Makes the content the key's value, in one transaction that runs to its end without waiting for anything: the old value
 * stays or the whole new one is there. `between` is called after each chunk, and ends it all by throwing.
 */
export function copyIn(to: Destination, content: Content, between: (done: number) => void): void {
  const { values, key, maxBlobBytes } = to;
  values.connection.transaction(() => {
    const chunk = Buffer.allocUnsafe(Math.max(2, Math.min(to.chunkSize, content.size)));
    const front = to.escapes ? frontOf(content) : Buffer.alloc(0);
    writeValue(values, key, { size: front.length + content.size, maxBlobBytes }, (writer) => {
      if (front.length > 0) writer.append(front);
      for (let done = 0; done < content.size; ) {
        const count = content.read(chunk.subarray(0, Math.min(chunk.length, content.size - done)), done);
        if (count === 0) {
          throw new InvalidArgument(`the source ended after ${done} bytes; expected ${content.size}: it has been cut`);
        }
        writer.append(chunk.subarray(0, count));
        done += count;
        between(done);
      }
    });
  });
}

/** What stands in front of the content: a header that says "raw" where the content itself begins like one. */
function frontOf(content: Content): Buffer {
  const first = Buffer.alloc(2);
  content.read(first, 0);
  return beginsLikeHeader(first) ? header(Encoding.raw) : Buffer.alloc(0);
}
