import { InvalidArgument } from '@kohakuvault/core-native';
import { type BlobSite, type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';
import { beginsLikeHeader, Encoding, header } from '@kohakuvault/packer/value';
import type { Content } from './content.ts';

/** Where a value goes, and how. */
export interface Destination {
  readonly connection: Connection;
  readonly site: BlobSite;
  readonly table: string;
  readonly key: Buffer;
  readonly chunkSize: number;
  /** Whether bytes that begin like a header are stored behind one. */
  readonly escapes: boolean;
}

/**
 * Makes the content the key's value, in one transaction that runs to its end without waiting for anything: the old value
 * stays or the whole new one is there. `between` is called after each chunk, and ends it all by throwing.
 */
export function copyIn(to: Destination, content: Content, between: (done: number) => void): void {
  const { connection, site, key } = to;
  connection.transaction(() => {
    const chunk = Buffer.allocUnsafe(Math.max(2, Math.min(to.chunkSize, content.size)));
    const front = to.escapes ? frontOf(content) : Buffer.alloc(0);
    makeRoom(to, front.length + content.size);
    site.writing(() => {
      if (front.length > 0) site.write(key, front);
      for (let done = 0; done < content.size; ) {
        const count = content.read(chunk.subarray(0, Math.min(chunk.length, content.size - done)), done);
        if (count === 0) {
          throw new InvalidArgument(`the source ended after ${done} bytes; expected ${content.size}: it has been cut`);
        }
        site.write(key, chunk.subarray(0, count), front.length + done);
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

/** Gives the row a value of zeros of this length. Not by an upsert: `excluded` would hold all the zeros in memory. */
function makeRoom({ connection, table, key }: Destination, length: number): void {
  const { database } = connection.shared;
  const name = `main.${quoteIdentifier(table)}`;
  connection.write(() => {
    const { changes } = database.prepare(`UPDATE ${name} SET value = zeroblob(?) WHERE key = ?`).run(length, key);
    if (changes === 0) {
      database.prepare(`INSERT INTO ${name} (key, value) VALUES (?, zeroblob(?))`).run(key, length);
    }
  });
}
