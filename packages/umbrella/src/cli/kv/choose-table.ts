import { NotFound } from '@kohakuvault/core-native';
import { UsageError } from '../exit-code.ts';
import { type Holdings, isVault } from '../file/holdings.ts';

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
  if (kv.includes('kv')) return 'kv';
  const [only, ...more] = kv;
  if (only === undefined) {
    throw new NotFound(`${path} holds no key-value table; kohakuvault inspect shows what it holds`);
  }
  if (more.length > 0)
    throw new UsageError(`${path} has several key-value tables${listed(kv)}; choose one with --table`);
  return only;
}

/** Which table a command writes to; one is made only in a new file, in a vault, or where it is named. */
export function writableTable(path: string, holdings: Holdings, wanted: string | undefined): string {
  if (wanted !== undefined) return wanted;
  if (holdings.kv.length > 0) return existingTable(path, holdings, undefined);
  if (holdings.others.length > 0 && !isVault(holdings)) {
    throw new NotFound(`${path} is a database of something else and has no key-value table; --table kv makes one`);
  }
  return 'kv';
}

function listed(tables: readonly string[]): string {
  return tables.length === 0 ? '' : `; it has ${tables.join(', ')}`;
}
