import { type Call, defineCommand } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { type Holdings, holdingsOf } from '../file/holdings.ts';
import { withSnapshot } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { count, printable } from '../terminal/text.ts';
import type { Findings, VerifyContext } from '../verify/findings.ts';
import { verifyKeyValues } from '../verify/key-values.ts';
import { verifyLegacyColumns } from '../verify/legacy-columns.ts';
import { verifyNewColumns } from '../verify/new-columns.ts';
import { verifySqlite } from '../verify/sqlite.ts';
import { verifyVectors } from '../verify/vectors.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    "Looks for damage: SQLite's own check of every page, then that every value decodes, that columns have the chunks their " +
    'lengths and indexes ask for, and that vectors and values pair. Reads everything, changes nothing, and ends with 3 ' +
    'where something is wrong.',
  least: 1,
  most: 1,
  options: {},
  examples: [['vault.db && echo sound', 'in a script']],
  async run(call) {
    const { args, options, output } = call;
    using file = new OpenedFile(args[0] as string);
    // Not inside `snapshot`, in which a vault that refuses a table could not be closed again.
    const found = await withSnapshot(file, async () => verify(file, call));
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

function verify(file: OpenedFile, call: Call): Findings[] {
  const first = verifySqlite(file.database);
  // What SQLite finds broken cannot be trusted to say what it holds.
  if (!first.isSound) return [first];
  const found = [first];
  using bar = call.progress({ label: 'verifying', unit: 'items' });
  for (const findings of everything(file, holdingsOf(file.database), { progress: (done) => bar.update(done) })) {
    found.push(findings);
  }
  return found;
}

function* everything(file: OpenedFile, holdings: Holdings, context: VerifyContext): Generator<Findings> {
  for (const table of holdings.kv) yield verifyKeyValues(file, table, context);
  if (holdings.legacyColumns) yield* verifyLegacyColumns(file, context);
  if (holdings.newColumns) yield* verifyNewColumns(file, context);
  for (const vectors of holdings.vectors) yield verifyVectors(file, vectors, context);
}

function shown({ what, checked, problems, more, notes, isSound }: Findings, { style }: Call): string[] {
  return [
    `${isSound ? style.green('ok     ') : style.red('damaged')}  ${printable(what)}: ${checked}`,
    ...problems.map((text) => `           ${printable(text)}`),
    ...(more > 0 ? [`           and ${count(more)} more`] : []),
    ...notes.map((text) => style.dim(`           ${printable(text)}`)),
  ];
}
