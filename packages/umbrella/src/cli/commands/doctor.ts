import { defineCommand } from '../command.ts';
import { type Finding, installation } from '../doctor/installation.ts';
import { ExitCode } from '../exit-code.ts';

export const command = defineCommand({
  usage: [''],
  about:
    'Checks whether KohakuVault can work here: the Node it runs on, its native core, better-sqlite3 and its SQLite, and ' +
    'whether the project has a second copy of better-sqlite3, which would lose data. Ends with 5 where something cannot work.',
  least: 0,
  most: 0,
  options: {},
  examples: [['', 'what to run first, and what to put into a bug report']],
  async run({ output, options, style, note }) {
    const findings = installation();
    const failed = findings.some(({ state }) => state === 'failed');
    if (options.json) {
      await output.line(JSON.stringify({ ok: !failed, findings }));
    } else {
      const marks: Record<Finding['state'], string> = {
        ok: style.green('ok     '),
        warning: style.yellow('warning'),
        failed: style.red('failed '),
      };
      const width = Math.max(...findings.map(({ what }) => what.length));
      for (const { state, what, found } of findings) {
        await output.line(`${marks[state]}  ${what.padEnd(width)}  ${found}`);
      }
      if (failed) note('Something above cannot work; the line says what to do.');
    }
    return failed ? ExitCode.installation : ExitCode.ok;
  },
});
