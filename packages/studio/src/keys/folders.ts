import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { KeyRange } from '@kohakuvault/kvault';
import { afterPrefix } from '@kohakuvault/kvault/internal';
import type { KeyEntry, KeysPage } from '../api/types.ts';
import type { StoredTable } from '../file/vault-file.ts';
import { after, type ByteRange } from './key-range.ts';
import { keyOf, refOf } from './key-ref.ts';

/** A folder counts its keys up to this. */
const COUNTED = 1_000;
const PAGE_BYTES = 1024 * 1024;

interface Wanted {
  readonly range: ByteRange;
  readonly reverse: boolean;
  readonly limit: number;
  readonly separator: Buffer;
  readonly from: string | undefined;
}

/**
 * Returns keys and folders: keys that have the separator behind the prefix are one folder. It seeks past the keys of a
 * folder, however many they are.
 */
export function foldersPage(
  stored: StoredTable,
  { range, reverse, limit, separator, from }: Wanted,
): Pick<KeysPage, 'entries' | 'next'> {
  const before = range.prefix?.length ?? 0;
  const entries: KeyEntry[] = [];
  let place: KeyRange | undefined = from === undefined ? range : placeOf(range, from, reverse);
  let bytes = 0;
  let cursor = '';
  while (place) {
    const [key] = stored.vault.keys({ ...place, reverse, limit: 1 });
    if (!key) return { entries, next: null };
    if (entries.length >= limit || bytes >= PAGE_BYTES) return { entries, next: cursor };
    const at = key.indexOf(separator, before);
    if (at < 0) {
      entries.push(keyEntry(stored, key));
      cursor = `k${refOf(key)}`;
    } else {
      const prefix = key.subarray(0, at + separator.length);
      entries.push(folderEntry(stored, prefix, prefix.subarray(before)));
      cursor = `f${refOf(prefix)}`;
    }
    bytes += key.length;
    place = placeOf(range, cursor, reverse);
  }
  return { entries, next: null };
}

/** Returns what comes behind a key or a folder; undefined if nothing can. */
function placeOf(range: ByteRange, cursor: string, reverse: boolean): KeyRange | undefined {
  const kind = cursor[0];
  if (kind !== 'k' && kind !== 'f') {
    throw new InvalidArgument(`after is ${describe(cursor)}; expected the next of the page before`);
  }
  const key = keyOf(cursor.slice(1), 'after');
  if (reverse) return after(range, { lt: key });
  if (kind === 'k') return after(range, { gt: key });
  const end = afterPrefix(key);
  return end && after(range, { gte: end });
}

/** Returns what a list shows of a key, which was read in the same state of the file. */
export function keyEntry({ look }: StoredTable, key: Buffer): KeyEntry {
  const { bytes, encoding } = look.look(key) ?? { bytes: 0, encoding: 'missing' };
  return { kind: 'key', key: refOf(key), bytes, encoding };
}

function folderEntry({ vault }: StoredTable, prefix: Buffer, name: Buffer): KeyEntry {
  let count = 0;
  for (const _ of vault.keys({ prefix, limit: COUNTED + 1 })) count++;
  const shown = name.toString();
  return {
    kind: 'folder',
    prefix: refOf(prefix),
    name: shown,
    count: Math.min(count, COUNTED),
    more: count > COUNTED,
  };
}
