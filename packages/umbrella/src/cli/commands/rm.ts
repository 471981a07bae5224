import { storedValues } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { defineCommand } from '../command/command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { existingTableIn, TABLE_OPTION } from '../kv/choose-table.ts';
import { HEX_OPTION, keyOf } from '../kv/keys.ts';
import { missingKey } from '../kv/missing-key.ts';
import { plural } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file> <key>...'],
  about:
    'Deletes keys in one transaction. If one of them does not exist, deletes nothing, unless --force is given. The ' +
    'file keeps its size until it is compacted.',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  options: {
    force: { type: 'boolean', short: 'f', about: 'ignore keys that do not exist' },
    ...TABLE_OPTION,
    ...HEX_OPTION,
    ...BUSY_OPTION,
  },
  examples: [['vault.db user:1 user:2', 'deletes both keys, or neither']],
  async run(call) {
    const { options, args } = call;
    const [path, ...written] = args as [string, ...string[]];
    const keys = written.map((key) => keyOf(key, options.hex));
    const table = existingTableIn(path, options.table);
    using file = new OpenedFile(path, { writable: 'existing', busyTimeout: busyTimeout(options) });
    using vault = new KVault(file.source, { table, keyEncoding: 'bytes', ...storedValues });
    const deleted = vault.transaction(() => {
      const missing = keys.find((key) => !vault.has(key));
      if (missing !== undefined && !options.force) throw missingKey(vault, missing);
      return vault.deleteMany(keys);
    });
    if (options.json) await call.output.line(JSON.stringify({ deleted }));
    else call.note(`deleted ${plural(deleted, 'key')}`);
    return undefined;
  },
});
