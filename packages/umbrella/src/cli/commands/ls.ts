import { storedValues } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import type { EncodedValue } from '@kohakuvault/kvault/inspect';
import { wholeNumber } from '../command/arguments.ts';
import { type Call, defineCommand } from '../command/command.ts';
import { contentsOf } from '../file/contents.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { existingTable, TABLE_OPTION } from '../kv/choose-table.ts';
import { EncodedTable } from '../kv/encoded-table.ts';
import { HEX_OPTION, jsonKey, keyOf, shownKey } from '../kv/keys.ts';
import { size } from '../terminal/text.ts';
import { cut } from '../terminal/width.ts';

const SIZE_WIDTH = 10;
const ENCODING_WIDTH = 10;
const LINES_AT_ONCE = 512;

export const command = defineCommand({
  usage: ['<file> [prefix]'],
  about:
    'Lists the keys of a key-value table, or those with a prefix, in byte order, one per line. Control characters ' +
    'and bytes that are not UTF-8 are printed as escapes; --hex and --json print every key exactly.',
  least: 1,
  most: 2,
  options: {
    ...TABLE_OPTION,
    long: { type: 'boolean', short: 'l', about: 'print the size and the encoding of each value' },
    limit: { type: 'string', short: 'n', value: 'count', about: 'print at most this many' },
    reverse: { type: 'boolean', short: 'r', about: 'list from the last key to the first' },
    ...HEX_OPTION,
    ...UNTRUSTED_OPTION,
  },
  examples: [
    ['vault.db', 'every key'],
    ['vault.db user: --long', 'keys with the prefix user:, with their sizes'],
    ['vault.db --json', 'one JSON object per line: key, bytes, encoding'],
  ],
  async run(call) {
    const { options, args, output } = call;
    const limit = wholeNumber('limit', options.limit, 0);
    using file = new OpenedFile(args[0] as string, { untrusted: options.untrusted });
    const table = existingTable(file.path, contentsOf(file.database), options.table);
    using vault = new KVault(file.source, { table, keyEncoding: 'bytes', ...storedValues });
    const values = new EncodedTable(file, table);
    const range = { prefix: keyOf(args[1] ?? '', options.hex), reverse: options.reverse, limit };
    const lineOf = (key: Buffer): string | undefined => {
      if (!options.json && !options.long) return cut(shownKey(key, options.hex), call.width);
      // Another process may have deleted the key.
      const value = values.look(key);
      if (!value) return undefined;
      return options.json ? JSON.stringify({ ...jsonKey(key), ...value }) : longLine(key, value, options.hex, call);
    };
    let lines: string[] = [];
    for (const key of vault.keys(range)) {
      const line = lineOf(key);
      if (line !== undefined) lines.push(line);
      // Lines are written in blocks: a write per line would take most of the time.
      if (lines.length < LINES_AT_ONCE) continue;
      await output.write(`${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length > 0) await output.write(`${lines.join('\n')}\n`);
    return undefined;
  },
});

function longLine(key: Buffer, { bytes, encoding }: EncodedValue, hex: boolean, { style, width }: Call): string {
  const about = `${size(bytes).padStart(SIZE_WIDTH)}  ${encoding.padEnd(ENCODING_WIDTH)}`;
  return `${style.dim(about)}  ${cut(shownKey(key, hex), Math.max(8, width - about.length - 2))}`;
}
