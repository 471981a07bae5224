import { constants } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { InvalidArgument, IoError } from '@kohakuvault/core-native/internal';
import { utf8Text } from './utf8.ts';

/** A line, and the number of bytes of the source that have been read. */
export interface Line {
  readonly text: string;
  readonly number: number;
  readonly done: number;
}

/**
 * Reads the lines of a file, or of stdin (`-`). Skips empty lines. Only a line feed ends a line: node:readline also
 * splits at U+2028, which a JSON string may contain.
 */
export async function* linesOf(source: string): AsyncGenerator<Line> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  const name = source === '-' ? 'stdin' : source;
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  let done = 0;
  const add = (part: Buffer) => {
    length += part.length;
    // Endless input, such as a device, must not fill the memory.
    if (length > constants.MAX_STRING_LENGTH) {
      throw new InvalidArgument(
        `line ${number} of ${name} has more than ${constants.MAX_STRING_LENGTH} bytes, which no string holds; ` +
          'nothing was imported',
      );
    }
    parts.push(part);
  };
  const endLine = (): Line => {
    const text = utf8Text(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), (at) => {
      return `line ${number} of ${name}, byte ${at} of the line`;
    });
    parts = [];
    length = 0;
    return { text, number: number++, done };
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      done += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        add(chunk.subarray(start, end));
        const line = endLine();
        if (line.text.trim() !== '') yield line;
        start = end + 1;
      }
      add(chunk.subarray(start));
    }
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) {
      throw new IoError(`${source} cannot be read: ${cause.message}`, { cause });
    }
    throw cause;
  }
  const line = endLine();
  if (line.text.trim() !== '') yield line;
}

const LINE_FEED = 0x0a;
