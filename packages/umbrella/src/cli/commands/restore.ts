import { restore } from '@kohakuvault/core-native/database';
import { defineCommand } from '../command/command.ts';
import { size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<backup> <file>'],
  about:
    "Makes a file of a backup, and runs SQLite's own check of every page before the file has its name. No file may " +
    'have that name yet: move it away first, with its -wal. Exits with 3 if the backup is damaged.',
  least: 2,
  most: 2,
  options: {},
  examples: [['backups/monday.db vault.db', 'after a disk has failed']],
  async run(call) {
    const [backup, path] = call.args as [string, string];
    using bar = call.progress({ label: 'restoring', unit: 'bytes' });
    const { bytes } = await restore(backup, path, { onProgress: ({ done, total }) => bar.update(done, total) });
    if (call.options.json) await call.output.line(JSON.stringify({ file: path, bytes }));
    else call.note(`restored ${size(bytes)} to ${path}`);
    return undefined;
  },
});
