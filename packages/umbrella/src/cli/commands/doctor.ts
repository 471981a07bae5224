import { defineCommand } from '../command/command.ts';
import { ExitCode } from '../command/exit-code.ts';
import { type CheckResult, installation } from '../doctor/installation.ts';

export const command = defineCommand({
  usage: [''],
  about:
    'Checks whether KohakuVault works here: Node, the native core, better-sqlite3 and its SQLite. Warns if the ' +
    'project has a second copy of better-sqlite3, which would lose data. Exits with 5 if something does not work.',
  least: 0,
  most: 0,
  options: {},
  examples: [['', 'what to run first, and what to add to a bug report']],
  async run({ output, options, style, note }) {
    const findings = installation();
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
