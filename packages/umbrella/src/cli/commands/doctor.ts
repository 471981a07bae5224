import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { IoError } from '@kohakuvault/core-native/internal';
import { defineCommand } from '../command/command.ts';
import { ExitCode } from '../command/exit-code.ts';
import { bundle } from '../doctor/bundle.ts';
import { type CheckResult, installation } from '../doctor/installation.ts';

/** Names of programs, as opposed to databases and folders. */
const PROGRAM = /\.[cm]?[jt]s$/;

export const command = defineCommand({
  usage: ['[PATH]', 'PROGRAM'],
  about:
    'Checks whether KohakuVault works here: Node, the native core, better-sqlite3 and its SQLite. Warns if the ' +
    'project has a second copy of better-sqlite3, which would lose data, and if PATH (default: the current folder) ' +
    'is on a network file system. With PROGRAM, the JavaScript file that a bundler made, checks what that finds ' +
    'beside it. Exits with 5 if something does not work.',
  least: 0,
  most: 1,
  options: {},
  examples: [
    ['', 'what to run first, and what to add to a bug report'],
    ['/data/vault.db', 'whether a database may be there'],
    ['dist/server.mjs', 'whether a bundled program has everything that it needs'],
  ],
  async run({ args: [given = '.'], output, options, style, note }) {
    const findings = PROGRAM.test(given) ? bundle(given) : installation(existing(given));
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

function existing(given: string): string {
  const path = resolve(given);
  if (!existsSync(path)) throw new IoError(`there is no file or folder ${path}`);
  return path;
}
