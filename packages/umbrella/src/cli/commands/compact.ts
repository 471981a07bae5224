import { statSync } from 'node:fs';
import { ColumnVault } from '@kohakuvault/columns';
import { hasBlockColumns, hasColumns } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { parseDType } from '@kohakuvault/packer';
import { defineCommand } from '../command/command.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { contentsOf, isVault } from '../file/contents.ts';
import { OpenedFile, walOf } from '../file/opened-file.ts';
import { size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    'Rewrites a file without the space of deleted and replaced values. While it runs, it needs the same space on ' +
    'the disk again, and no other process may write.',
  least: 1,
  most: 1,
  options: BUSY_OPTION,
  examples: [['vault.db', 'prints the size before and after']],
  async run(call) {
    const path = call.args[0] as string;
    refuseOthers(path);
    const before = sizeOf(path);
    {
      using file = new OpenedFile(path, { writable: 'existing', busyTimeout: busyTimeout(call.options) });
      call.note(`compacting ${size(before)} ...`);
      compactColumns(file);
      file.connection.write(() => file.database.exec('VACUUM'));
      // Until then, the result of VACUUM is in the WAL, and the file keeps its size.
      file.connection.checkpoint('truncate');
    }
    const after = sizeOf(path);
    if (call.options.json) await call.output.line(JSON.stringify({ before, after }));
    else await call.output.line(`${size(before)} -> ${size(after)}`);
    return undefined;
  },
});

/** Refuses a database of something else. */
function refuseOthers(path: string): void {
  using file = new OpenedFile(path);
  if (isVault(contentsOf(file.database))) return;
  throw new InvalidArgument(`${path} holds nothing of KohakuVault; compact rewrites vaults only`);
}

/** Compacts columns, whose chunks have free space that SQLite does not know. */
function compactColumns(file: OpenedFile): void {
  if (!hasColumns(file.database) && !hasBlockColumns(file.database)) return;
  const vault = new ColumnVault(file.source);
  for (const { name, dtype } of vault.listColumns()) {
    // A column with an unknown dtype is not changed.
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

/** Returns the size of a file and its WAL. */
function sizeOf(path: string): number {
  return statSync(path).size + (statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0);
}
