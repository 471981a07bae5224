import { statSync } from 'node:fs';
import { NotFound } from '@kohakuvault/core-native/internal';
import { UsageError } from '../exit-code.ts';
import { type Holdings, holdingsOf, isVault } from '../file/holdings.ts';
import { OpenedFile } from '../file/opened-file.ts';

const DEFAULT = 'kv';

export const TABLE_OPTION = {
  table: { type: 'string', short: 't', value: 'name', about: 'which key-value table; default kv, or the only one' },
} as const;

/** Which table of a file that exists a command is about. */
export function existingTable(path: string, { kv, others }: Holdings, wanted: string | undefined): string {
  if (wanted !== undefined) {
    // Tables of other shapes that have the columns key and value will do too; KVault checks that.
    if (kv.includes(wanted) || others.includes(wanted)) return wanted;
    throw new NotFound(`${path} has no table ${JSON.stringify(wanted)}${listed(kv)}`);
  }
  if (kv.includes(DEFAULT)) return DEFAULT;
  const [only, ...more] = kv;
  if (only === undefined) {
    throw new NotFound(`${path} holds no key-value table; kohakuvault inspect shows what it holds`);
  }
  if (more.length > 0) {
    throw new UsageError(`${path} has several key-value tables${listed(kv)}; choose one with --table`);
  }
  return only;
}

/** The same, found out before the file is opened to be written: one that is refused is left as it is. */
export function existingTableIn(path: string, wanted: string | undefined): string {
  using file = new OpenedFile(path);
  return existingTable(path, holdingsOf(file.database), wanted);
}

/** Which table a command writes to. One is made only in a new file, in a vault, or where it is named. */
export function tableToWrite(path: string, wanted: string | undefined): string {
  if (!statSync(path, { throwIfNoEntry: false })?.size) return wanted ?? DEFAULT;
  using file = new OpenedFile(path);
  if (wanted !== undefined) return wanted;
  const holdings = holdingsOf(file.database);
  if (holdings.kv.length > 0) return existingTable(path, holdings, undefined);
  if (holdings.others.length > 0 && !isVault(holdings)) {
    throw new NotFound(`${path} is a database of something else and has no key-value table; --table kv makes one`);
  }
  return DEFAULT;
}

function listed(tables: readonly string[]): string {
  return tables.length === 0 ? '' : `; it has ${tables.join(', ')}`;
}
