import { constants, isUtf8 } from 'node:buffer';
import { createReadStream, existsSync } from 'node:fs';
import { InvalidArgument, IoError } from '@kohakuvault/core-native/internal';
import { oneOf } from '../command/arguments.ts';
import { defineCommand } from '../command/command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { TABLE_OPTION, tableToWrite } from '../kv/choose-table.ts';
import { HEX_OPTION, keyOf } from '../kv/keys.ts';
import { openTable } from '../kv/open-table.ts';
import { printable, size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file> <key> <source>'],
  about:
    'Stores a file (- is stdin) under a key, completely or not at all, in constant memory. Replaces an existing ' +
    'value. Creates the database if it does not exist.',
  least: 3,
  most: 3,
  options: {
    as: {
      type: 'string',
      value: 'kind',
      about: 'store it as bytes (default), as text, or as the value of its JSON',
    },
    ...TABLE_OPTION,
    ...HEX_OPTION,
    ...BUSY_OPTION,
  },
  examples: [
    ['media.db film.mp4 ~/film.mp4', 'stores a file'],
    ['vault.db user:1 user.json --as json', 'stores the object that the file describes'],
    ['vault.db motd - --as text', 'stores typed or piped text'],
  ],
  async run(call) {
    const { options, args } = call;
    const [path, written, source] = args as [string, string, string];
    const kind = oneOf('as', options.as, ['bytes', 'text', 'json']) ?? 'bytes';
    const key = keyOf(written, options.hex);
    const wait = busyTimeout(options);
    // Checked before the database is created.
    if (source !== '-' && !existsSync(source)) throw new IoError(`there is no file ${source} to store`);
    const value = kind === 'bytes' ? undefined : parsed(kind, await readAll(source), source);
    const table = tableToWrite(path, options.table);
    using file = new OpenedFile(path, { writable: 'or new', busyTimeout: wait });
    using vault = openTable(file, table);
    let bytes: number;
    if (value === undefined) {
      using progress = call.progress({ label: 'storing', unit: 'bytes' });
      bytes = await vault.putFile(key, source === '-' ? process.stdin : source, {
        onProgress: (done, total) => progress.update(done, total),
      });
    } else {
      vault.set(key, value.value);
      bytes = value.bytes;
    }
    if (options.json) await call.output.line(JSON.stringify({ key: written, bytes }));
    else call.note(`stored ${size(bytes)} under ${printable(written)}`);
    return undefined;
  },
});

/** Reads a source that becomes one string. */
async function readAll(source: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of (source === '-' ? process.stdin : createReadStream(source)) as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > constants.MAX_STRING_LENGTH) {
      throw new InvalidArgument(
        `${source === '-' ? 'stdin' : source} has more than ${constants.MAX_STRING_LENGTH} bytes, more than a ` +
          'string holds; store it as bytes',
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function parsed(kind: 'text' | 'json', bytes: Buffer, source: string): { value: unknown; bytes: number } {
  const name = source === '-' ? 'stdin' : source;
  if (!isUtf8(bytes)) throw new InvalidArgument(`${name} is not UTF-8 text; store it as bytes`);
  const text = bytes.toString();
  if (kind === 'text') return { value: text, bytes: bytes.length };
  try {
    return { value: JSON.parse(text), bytes: bytes.length };
  } catch (cause) {
    throw new InvalidArgument(`${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
}
