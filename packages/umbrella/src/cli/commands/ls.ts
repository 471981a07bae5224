import { KVault } from '@kohakuvault/kvault';
import { wholeNumber } from '../arguments.ts';
import { type Call, defineCommand } from '../command.ts';
import { holdingsOf } from '../file/holdings.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { existingTable, TABLE_OPTION } from '../kv/choose-table.ts';
import { HEX_OPTION, jsonKey, keyOf, shownKey } from '../kv/keys.ts';
import { type StoredValue, StoredValues } from '../kv/stored-values.ts';
import { size } from '../terminal/text.ts';
import { cut } from '../terminal/width.ts';

const SIZE_WIDTH = 10;
const ENCODING_WIDTH = 10;
const LINES_AT_ONCE = 512;

export const command = defineCommand({
  usage: ['<file> [prefix]'],
  about:
    'Lists the keys of a key-value table, or those that begin with a prefix, in byte order, one to a line. Control ' +
    'characters and bytes that are no UTF-8 are shown as escapes; --hex and --json give every key exactly.',
  least: 1,
  most: 2,
  options: {
    ...TABLE_OPTION,
    long: { type: 'boolean', short: 'l', about: 'with the size and the encoding of each value' },
    limit: { type: 'string', short: 'n', value: 'count', about: 'at most so many' },
    reverse: { type: 'boolean', short: 'r', about: 'from the last to the first' },
    ...HEX_OPTION,
  },
  examples: [
    ['vault.db', 'every key'],
    ['vault.db user: --long', 'the keys that begin with user:, with their sizes'],
    ['vault.db --json', 'one JSON object to a line: key, bytes, encoding'],
  ],
  async run(call) {
    const { options, args, output } = call;
    const limit = wholeNumber('limit', options.limit, 0);
    using file = new OpenedFile(args[0] as string);
    const table = existingTable(file.path, holdingsOf(file.database), options.table);
    using vault = new KVault(file.source, { table, keyEncoding: 'bytes' });
    const values = new StoredValues(file.connection, table);
    const range = { prefix: keyOf(args[1] ?? '', options.hex), reverse: options.reverse, limit };
    const lineOf = (key: Buffer): string | undefined => {
      if (!options.json && !options.long) return cut(shownKey(key, options.hex), call.width);
      // Somebody may have deleted the key meanwhile.
      const value = values.look(key);
      if (!value) return undefined;
      return options.json ? JSON.stringify({ ...jsonKey(key), ...value }) : longLine(key, value, options.hex, call);
    };
    let lines: string[] = [];
    for (const key of vault.keys(range)) {
      const line = lineOf(key);
      if (line !== undefined) lines.push(line);
      // Many lines at once: one write for each would take most of the time.
      if (lines.length < LINES_AT_ONCE) continue;
      await output.write(`${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length > 0) await output.write(`${lines.join('\n')}\n`);
    return undefined;
  },
});

function longLine(key: Buffer, { bytes, encoding }: StoredValue, hex: boolean, { style, width }: Call): string {
  const about = `${size(bytes).padStart(SIZE_WIDTH)}  ${encoding.padEnd(ENCODING_WIDTH)}`;
  return `${style.dim(about)}  ${cut(shownKey(key, hex), Math.max(8, width - about.length - 2))}`;
}
