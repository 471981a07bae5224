import { statSync } from 'node:fs';
import { NotFound } from '@kohakuvault/core-native/internal';
import { UsageError } from '../command/exit-code.ts';
import { type Contents, contentsOf, isVault } from '../file/contents.ts';
import { OpenedFile } from '../file/opened-file.ts';

const DEFAULT = 'kv';

export const TABLE_OPTION = {
  table: { type: 'string', short: 't', value: 'name', about: 'key-value table; default: kv, or the only one' },
} as const;

/** Returns the table of an existing file that a command is about. */
export function existingTable(path: string, { kv, others }: Contents, wanted: string | undefined): string {
  const tables = kv.main;
  if (wanted !== undefined) {
    // A table of another shape will do if it has the columns key and value. KVault checks that.
    if (tables.includes(wanted) || others.includes(wanted)) return wanted;
    throw new NotFound(`${path} has no table ${JSON.stringify(wanted)}${listed(tables)}`);
  }
  if (tables.includes(DEFAULT)) return DEFAULT;
  const [only, ...more] = tables;
  if (only === undefined) {
    throw new NotFound(`${path} has no key-value table; kohakuvault inspect shows what it holds`);
  }
  if (more.length > 0) {
    throw new UsageError(`${path} has several key-value tables${listed(tables)}; choose one with --table`);
  }
  return only;
}

/** Returns the same for a command that writes. Reads the file first, so that a refused file is not changed. */
export function existingTableIn(path: string, wanted: string | undefined): string {
  using file = new OpenedFile(path);
  return existingTable(path, contentsOf(file.database), wanted);
}

/** Returns the table that a command writes to. A new table needs a new file, a vault, or `--table`. */
export function tableToWrite(path: string, wanted: string | undefined): string {
  if (!statSync(path, { throwIfNoEntry: false })?.size) return wanted ?? DEFAULT;
  using file = new OpenedFile(path);
  if (wanted !== undefined) return wanted;
  const contents = contentsOf(file.database);
  if (contents.kv.main.length > 0) return existingTable(path, contents, undefined);
  if (contents.others.length > 0 && !isVault(contents)) {
    throw new NotFound(`${path} is a database of something else and has no key-value table; --table kv creates one`);
  }
  return DEFAULT;
}

function listed(tables: readonly string[]): string {
  return tables.length === 0 ? '' : `; it has ${tables.join(', ')}`;
}
