import { createReadStream } from 'node:fs';
import { IoError } from '@kohakuvault/core-native';

/** A line, and how many bytes of the source have been read with it. */
export interface Line {
  readonly text: string;
  readonly number: number;
  readonly done: number;
}

/**
 * The lines of a file, or of stdin (`-`), that are not empty. Only a line feed ends one: node:readline also takes U+2028,
 * which JSON may have inside a string.
 */
export async function* linesOf(source: string): AsyncGenerator<Line> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  let parts: Buffer[] = [];
  let number = 0;
  let done = 0;
  const take = (last: Buffer): Line => {
    const text = Buffer.concat([...parts, last]).toString();
    parts = [];
    number++;
    return { text, number, done };
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      done += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        const line = take(chunk.subarray(start, end));
        if (line.text.trim() !== '') yield line;
        start = end + 1;
      }
      parts.push(chunk.subarray(start));
    }
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) {
      throw new IoError(`${source} cannot be read: ${cause.message}`, { cause });
    }
    throw cause;
  }
  const line = take(Buffer.alloc(0));
  if (line.text.trim() !== '') yield line;
}

const LINE_FEED = 0x0a;
