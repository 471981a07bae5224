import { statSync } from 'node:fs';
import { ColumnVault } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { parseDType } from '@kohakuvault/packer';
import { defineCommand } from '../command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { holdingsOf, isVault } from '../file/holdings.ts';
import { OpenedFile, walOf } from '../file/opened-file.ts';
import { size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    'Rewrites a file without the space that deleted and replaced values have left. It needs as much room on the disk ' +
    'again while it runs, and nobody else may be writing.',
  least: 1,
  most: 1,
  options: BUSY_OPTION,
  examples: [['vault.db', 'says how much smaller it has become']],
  async run(call) {
    const path = call.args[0] as string;
    refuseOthers(path);
    const before = sizeOf(path);
    {
      using file = new OpenedFile(path, { writable: 'existing', busyTimeout: busyTimeout(call.options) });
      call.note(`compacting ${size(before)} ...`);
      compactColumns(file);
      file.connection.write(() => file.database.exec('VACUUM'));
      // What VACUUM wrote is in the WAL until then, and the file still long.
      file.connection.checkpoint('truncate');
    }
    const after = sizeOf(path);
    if (call.options.json) await call.output.line(JSON.stringify({ before, after }));
    else await call.output.line(`${size(before)} -> ${size(after)}`);
    return undefined;
  },
});

/** A database of something else is not ours to rewrite. */
function refuseOthers(path: string): void {
  using file = new OpenedFile(path);
  if (isVault(holdingsOf(file.database))) return;
  throw new InvalidArgument(`${path} holds nothing of KohakuVault; it is left as it is`);
}

/** Columns keep room inside their chunks that SQLite knows nothing of. */
function compactColumns(file: OpenedFile): void {
  if (!holdingsOf(file.database).legacyColumns) return;
  const vault = new ColumnVault(file.source);
  for (const { name, dtype } of vault.listColumns()) {
    // One of a dtype that is not known here stays as it is.
    if (isKnown(dtype)) vault.column(name).compact();
  }
}

function isKnown(dtype: string): boolean {
  try {
    parseDType(dtype);
    return true;
  } catch {
    return false;
  }
}

/** With what lies in the WAL. */
function sizeOf(path: string): number {
  return statSync(path).size + (statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0);
}
