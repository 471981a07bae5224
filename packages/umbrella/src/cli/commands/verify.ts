import { checkIntegrity, type Findings } from '@kohakuvault/core-native/internal/database';
import { type Call, defineCommand } from '../command/command.ts';
import { ExitCode } from '../command/exit-code.ts';
import { INSPECTORS } from '../file/inspectors.ts';
import { withSnapshot } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { count, printable } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    "Looks for damage. Runs SQLite's own check of every page, then checks that every value decodes, that columns " +
    'have all chunks that their lengths and indexes need, that vectors, texts and values pair, and that the index of ' +
    'texts agrees with them. Reads everything, changes nothing, and exits with 3 if it finds damage.',
  least: 1,
  most: 1,
  options: UNTRUSTED_OPTION,
  examples: [['vault.db && echo sound', 'in a script']],
  async run(call) {
    const { args, options, output } = call;
    using file = new OpenedFile(args[0] as string, { untrusted: options.untrusted });
    // `connection.snapshot` takes no promise, and does not let vaults close inside it.
    const found = await withSnapshot(file, () => verify(file, call));
    const isSound = found.every((one) => one.isSound);
    if (options.json) {
      const checks = found.map(({ what, checked, problems, more, notes }) => ({
        what,
        checked,
        problems,
        more,
        notes,
      }));
      await output.line(JSON.stringify({ ok: isSound, checks }));
    } else {
      await output.write(`${found.flatMap((one) => shown(one, call)).join('\n')}\n`);
    }
    return isSound ? ExitCode.ok : ExitCode.damaged;
  },
});

async function verify(file: OpenedFile, call: Call): Promise<Findings[]> {
  const first = checkIntegrity(file.database);
  // If SQLite finds damage, what the file says about its contents cannot be trusted.
  if (!first.isSound) return [first];
  const found = [first];
  using bar = call.progress({ label: 'verifying', unit: 'items' });
  for (const inspector of Object.values(INSPECTORS)) {
    for await (const findings of inspector.verify(file.source, (done) => bar.update(done))) found.push(findings);
  }
  return found;
}

function shown({ what, checked, problems, more, notes, isSound }: Findings, { style }: Call): string[] {
  return [
    `${isSound ? style.green('ok     ') : style.red('damaged')}  ${printable(what)}: ${checked}`,
    ...problems.map((text) => `           ${printable(text)}`),
    ...(more > 0 ? [`           and ${count(more)} more`] : []),
    ...notes.map((text) => style.dim(`           ${printable(text)}`)),
  ];
}
