import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { IoError } from '@kohakuvault/core-native/internal';
import { defineCommand } from '../command/command.ts';
import { ExitCode } from '../command/exit-code.ts';
import { type CheckResult, installation } from '../doctor/installation.ts';

export const command = defineCommand({
  usage: ['[path]'],
  about:
    'Checks whether KohakuVault works here: Node, the native core, better-sqlite3 and its SQLite. Warns if the ' +
    'project has a second copy of better-sqlite3, which would lose data, and if the path (default: the current ' +
    'folder) is on a network file system. Exits with 5 if something does not work.',
  least: 0,
  most: 1,
  options: {},
  examples: [
    ['', 'what to run first, and what to add to a bug report'],
    ['/data/vault.db', 'whether a database may be there'],
  ],
  async run({ args, output, options, style, note }) {
    const path = resolve(args[0] ?? '.');
    if (!existsSync(path)) throw new IoError(`there is no file or folder ${path}`);
    const findings = installation(path);
    const failed = findings.some(({ state }) => state === 'failed');
    if (options.json) {
      await output.line(JSON.stringify({ ok: !failed, findings }));
    } else {
      const marks: Record<CheckResult['state'], string> = {
        ok: style.green('ok     '),
        warning: style.yellow('warning'),
        failed: style.red('failed '),
      };
      const width = Math.max(...findings.map(({ what }) => what.length));
      for (const { state, what, found } of findings) {
        await output.line(`${marks[state]}  ${what.padEnd(width)}  ${found}`);
      }
      if (failed) note('Something does not work. Its line says what to do.');
    }
    return failed ? ExitCode.installation : ExitCode.ok;
  },
});
