import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { KeyRange } from '@kohakuvault/kvault';
import type { Params } from '../api/params.ts';
import type { KeyCount, KeyEntry, KeysPage } from '../api/types.ts';
import type { StoredTable, VaultFile } from '../file/vault-file.ts';
import type { TaskContext } from '../work/task.ts';
import { foldersPage, keyEntry } from './folders.ts';
import { after, type ByteRange, rangeOf } from './key-range.ts';
import { keyOf, refOf } from './key-ref.ts';

const LIMIT = 200;
const MOST = 1_000;
/** Keys may be long; a page has about so many bytes of them. */
const PAGE_BYTES = 1024 * 1024;
/** How many keys a page with `contains` looks at. */
const LOOKED_AT = 50_000;

/** Returns a page of keys, or of folders and keys. */
export function keysPage(file: VaultFile, params: Params): KeysPage {
  const table = params.text('table');
  const limit = params.whole('limit', { least: 1, most: MOST }) ?? LIMIT;
  const reverse = params.flag('reverse');
  const separator = params.optionalText('separator');
  const skip = params.whole('skip', { least: 0 });
  const contains = params.optionalText('contains');
  if (separator !== undefined && (skip !== undefined || contains !== undefined)) {
    throw new InvalidArgument('separator is given with skip or contains; leave out one of them');
  }
  const range = rangeOf(params);
  const from = params.optionalText('after');
  return file.consistently(() => {
    const stored = file.stored(table);
    const page =
      separator !== undefined && separator !== ''
        ? foldersPage(stored, { range, reverse, limit, separator: Buffer.from(separator), from })
        : plainPage(file, stored, { range, reverse, limit, skip: skip ?? 0, contains: contains?.toLowerCase(), from });
    return { table, ...page, version: file.version() };
  });
}

interface Wanted {
  readonly range: ByteRange;
  readonly reverse: boolean;
  readonly limit: number;
  readonly skip: number;
  readonly contains: string | undefined;
  readonly from: string | undefined;
}

function plainPage(
  file: VaultFile,
  stored: StoredTable,
  { range, reverse, limit, skip, contains, from }: Wanted,
): Pick<KeysPage, 'entries' | 'next'> {
  const first = skip > 0 ? keyAt(file, stored, from, { range, reverse, skip }) : undefined;
  if (skip > 0 && !first) return { entries: [], next: null };
  let wanted: KeyRange = range;
  if (from !== undefined) wanted = beyond(range, keyOf(from, 'after'), reverse);
  const entries: KeyEntry[] = [];
  let [bytes, looked] = [0, 0];
  let last: Buffer | undefined;
  let isFull = false;
  const source = first ? startingAt(stored, wanted, first, reverse) : stored.vault.keys({ ...wanted, reverse });
  for (const key of source) {
    // The page is full, and there is another key.
    if (isFull) return { entries, next: last ? refOf(last) : null };
    last = key;
    looked++;
    if (contains === undefined || key.toString().toLowerCase().includes(contains)) {
      entries.push(keyEntry(stored, key));
      bytes += key.length;
    }
    isFull = entries.length >= limit || bytes >= PAGE_BYTES || (contains !== undefined && looked >= LOOKED_AT);
  }
  return { entries, next: null };
}

function beyond(range: ByteRange, key: Buffer, reverse: boolean): KeyRange {
  return after(range, reverse ? { lt: key } : { gt: key });
}

function* startingAt(stored: StoredTable, range: KeyRange, first: Buffer, reverse: boolean): Generator<Buffer> {
  yield first;
  yield* stored.vault.keys({ ...after(range as ByteRange, reverse ? { lt: first } : { gt: first }), reverse });
}

/** Returns the key so many places behind the beginning of a range. SQLite steps over the keys before it, in the index. */
function keyAt(
  file: VaultFile,
  { table, vault }: StoredTable,
  from: string | undefined,
  { range, reverse, skip }: { range: ByteRange; reverse: boolean; skip: number },
): Buffer | undefined {
  const whole = from === undefined ? range : (beyond(range, keyOf(from, 'after'), reverse) as ByteRange);
  // The first and the last key of the range are its ends for SQL, which knows no prefixes.
  const [least] = vault.keys({ ...whole, limit: 1 });
  const [greatest] = vault.keys({ ...whole, reverse: true, limit: 1 });
  if (!least || !greatest) return undefined;
  return file.database
    .prepare(
      `SELECT key FROM main.${quoteIdentifier(table)} WHERE key >= ? AND key <= ?
        ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT 1 OFFSET ?`,
    )
    .pluck()
    .get(least, greatest, skip) as Buffer | undefined;
}

export interface CountArgs {
  readonly table: string;
  readonly range: ByteRange;
}

export function countArgs(params: Params): CountArgs {
  return { table: params.text('table'), range: rangeOf(params) };
}

/** Counts the keys of a range, and the bytes of their values. */
export function* countTask(
  { file }: Pick<TaskContext, 'file'>,
  { table, range }: CountArgs,
): Generator<never, KeyCount> {
  return file.consistently(() => {
    const { vault } = file.stored(table);
    const count = vault.count(range);
    const [least] = vault.keys({ ...range, limit: 1 });
    const [greatest] = vault.keys({ ...range, reverse: true, limit: 1 });
    const bytes =
      least && greatest
        ? file.database
            .prepare(`SELECT total(length(value)) FROM main.${quoteIdentifier(table)} WHERE key BETWEEN ? AND ?`)
            .pluck()
            .get(least, greatest)
        : 0;
    return { count, bytes: Number(bytes) };
  });
}
