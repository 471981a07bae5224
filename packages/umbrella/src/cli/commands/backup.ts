import { defineCommand } from '../command/command.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file> <target>'],
  about:
    'Copies a whole file while other processes write, as it is when the copy begins. The target has the whole copy in ' +
    'the end, or what it had before. An earlier backup there is replaced.',
  least: 2,
  most: 2,
  options: {},
  examples: [['vault.db backups/monday.db', 'in a cron job']],
  async run(call) {
    const [path, target] = call.args as [string, string];
    using file = new OpenedFile(path);
    using bar = call.progress({ label: 'copying', unit: 'bytes' });
    const { bytes } = await file.connection.backup(target, {
      onProgress: ({ done, total }) => bar.update(done, total),
    });
    if (call.options.json) await call.output.line(JSON.stringify({ file: target, bytes }));
    else call.note(`copied ${size(bytes)} to ${target}`);
    return undefined;
  },
});
