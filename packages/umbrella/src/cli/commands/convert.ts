import { existsSync, rmSync } from 'node:fs';
import { ColumnVault, type Layout } from '@kohakuvault/columns';
import { hasBlockColumns, hasColumns } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Call, defineCommand } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { OpenedFile } from '../file/opened-file.ts';

const LAYOUTS = ['0.7', '1.x'] as const;

export const command = defineCommand({
  usage: ['<file> --layout <layout>'],
  about:
    'Moves the columns of a file into the tables that Python 0.4 to 0.9 or Python 1.x reads. Everything is read again ' +
    'and compared, and a file that cannot be converted stays as it was.',
  least: 1,
  most: 1,
  options: {
    layout: { type: 'string', value: 'layout', about: '0.7 or 1.x' },
    output: { type: 'string', value: 'file', about: 'leaves the file as it is, and writes a new one' },
    ...BUSY_OPTION,
  },
  examples: [
    ['vault.db --layout 1.x', 'makes the columns those of Python 1.x'],
    ['vault.db --layout 0.7 --output old.db', 'writes a copy for Python 0.7'],
  ],
  async run(call) {
    const path = call.args[0] as string;
    const { layout, output } = call.options;
    if (!LAYOUTS.includes(layout as Layout)) {
      throw new UsageError(`--layout is ${layout ?? 'missing'}; expected ${LAYOUTS.join(' or ')}`);
    }
    if (output !== undefined) copyInto(path, output);
    let columns: number;
    try {
      columns = convert(call, output ?? path, layout as Layout, busyTimeout(call.options));
    } catch (error) {
      // A copy that is not what was asked for is worth nothing.
      if (output !== undefined) for (const end of ['', '-wal', '-shm']) rmSync(output + end, { force: true });
      throw error;
    }
    if (call.options.json) await call.output.line(JSON.stringify({ file: output ?? path, layout, columns }));
    else await call.output.line(columns === 0 ? 'nothing to convert' : `converted ${columns} columns to ${layout}`);
    return undefined;
  },
});

/** Writes a copy of a file. */
function copyInto(path: string, output: string): void {
  if (existsSync(output)) throw new InvalidArgument(`${output} exists already; give the name of a new file`);
  using file = new OpenedFile(path);
  file.database.prepare('VACUUM INTO ?').run(output);
}

function convert(call: Call, path: string, layout: Layout, patience: number | undefined): number {
  using file = new OpenedFile(path, { writable: 'existing', busyTimeout: patience });
  if (!hasColumns(file.database) && !hasBlockColumns(file.database)) return 0;
  using bar = call.progress({ label: 'converting', unit: 'items' });
  const vault = new ColumnVault(file.source);
  const total = vault.listColumns().reduce((sum, { length }) => sum + (length || 0), 0);
  let before = 0;
  const moved = vault.convertColumns(layout, ({ done, length }) => {
    bar.update(before + done, total);
    if (done === length) before += length;
  });
  vault.close();
  return moved;
}
