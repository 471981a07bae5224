import { statSync } from 'node:fs';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { countRows, isAboutTheFile, schemaTables } from '@kohakuvault/core-native/internal/database';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import { textInspector } from '@kohakuvault/text/inspect';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import type { SizeItem, Sizes } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import type { TaskContext } from '../work/task.ts';

/** SQLite's table of page counts reads the whole file. Of a longer one, the lengths of values stand for their pages. */
const MOST_WALKED = 4 * 1024 * 1024 * 1024;

/** To walk through all pages takes less than this, in milliseconds, unless somebody goes away meanwhile. */
const LONGEST_WALK = 3_600_000;

type Context = Pick<TaskContext, 'file' | 'interruptible'>;

export function* sizesTask({ file, interruptible }: Context): Generator<never, Sizes> {
  return file.consistently(() => {
    const pages = pagesOf(file, interruptible);
    const pragma = (name: string) => Number(file.database.pragma(name, { simple: true }));
    const pageSize = pragma('page_size');
    return {
      version: file.version(),
      total: pragma('page_count') * pageSize,
      free: pragma('freelist_count') * pageSize,
      items: itemsOf(file, pages).filter(({ bytes }) => bytes > 0),
    };
  });
}

/** The bytes of each table with its indexes; undefined if they are not counted. */
type Pages = ReadonlyMap<string, number> | undefined;

function pagesOf({ database, connection }: VaultFile, interruptible: Context['interruptible']): Pages {
  const { binding } = nativeCore();
  const { file } = connection.shared;
  if (file !== '' && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_WALKED) return undefined;
  interruptible(binding.limitTime(connection.handle, LONGEST_WALK));
  try {
    const rows = database
      .prepare(
        `SELECT coalesce(schema.tbl_name, stat.name) AS name, sum(stat.pgsize) AS bytes
          FROM (SELECT name, pgsize FROM dbstat WHERE schema = 'main' AND aggregate = TRUE) AS stat
          LEFT JOIN main.sqlite_schema AS schema ON schema.name = stat.name GROUP BY 1`,
      )
      .all() as { name: string; bytes: number }[];
    return new Map(rows.map(({ name, bytes }) => [String(name), bytes]));
  } catch {
    // This SQLite is built without it.
    return undefined;
  } finally {
    binding.limitTime(connection.handle, -1);
  }
}

function itemsOf(file: VaultFile, pages: Pages): SizeItem[] {
  return [...keys(file, pages), ...columns(file, pages), ...owned(file, pages), ...others(file, pages)];
}

function bytesOf(pages: Pages, table: string): number {
  return pages?.get(table) ?? 0;
}

function keys({ database }: VaultFile, pages: Pages): SizeItem[] {
  const summaries = keyValueInspector.list(database);
  return summaries.map(({ table, keys: count, bytes }): SizeItem => {
    const parts = `kohakuvault_parts_${table}`;
    if (!pages) return { name: table, kind: 'kv', bytes, count };
    const [own, inParts] = [bytesOf(pages, table), bytesOf(pages, parts)];
    const children =
      inParts > 0
        ? [
            { name: 'rows', bytes: own },
            { name: 'parts', bytes: inParts },
          ]
        : undefined;
    return { name: table, kind: 'kv', bytes: own + inParts, count, ...(children && { children }) };
  });
}

function columns({ database }: VaultFile, pages: Pages): SizeItem[] {
  const summaries = columnInspector.list(database);
  const { main, related } = columnInspector.tables(database);
  const items = summaries.map(({ name, bytes, length }): SizeItem => ({ name, kind: 'column', bytes, count: length }));
  const all = [...main, ...related].reduce((sum, table) => sum + bytesOf(pages, table), 0);
  const listed = items.reduce((sum, { bytes }) => sum + bytes, 0);
  return all > listed
    ? [...items, { name: 'the lists of columns and chunks', kind: 'meta', bytes: all - listed, count: null }]
    : items;
}

/** Tables of vectors and of texts, each with the tables that belong to it. */
function owned({ database }: VaultFile, pages: Pages): SizeItem[] {
  const kinds = [
    { kind: 'vectors', inspector: vectorInspector, suffix: '_rowids' },
    { kind: 'texts', inspector: textInspector, suffix: '_docsize' },
  ] as const;
  return kinds.flatMap(({ kind, inspector, suffix }) => {
    const { main, related } = inspector.tables(database);
    return main.map((table): SizeItem => {
      const own = related.filter((name) => ownerOf(name, main) === table);
      const children = own.map((name) => ({ name: name.slice(table.length + 1), bytes: bytesOf(pages, name) }));
      const bytes = children.reduce((sum, one) => sum + one.bytes, bytesOf(pages, table));
      const count = countRows(database, `${table}${suffix}`) ?? null;
      return { name: table, kind, bytes, count, children: children.filter((one) => one.bytes > 0) };
    });
  });
}

/** The longest name of a table with which another name begins. */
function ownerOf(name: string, tables: readonly string[]): string | undefined {
  return tables.filter((table) => name.startsWith(`${table}_`)).sort((one, other) => other.length - one.length)[0];
}

function others({ database }: VaultFile, pages: Pages): SizeItem[] {
  const inspectors = [keyValueInspector, columnInspector, vectorInspector, textInspector];
  const known = new Set(inspectors.flatMap((one) => Object.values(one.tables(database)).flat() as string[]));
  return schemaTables(database)
    .filter(({ name }) => !known.has(name) && !name.startsWith('kohakuvault_parts_'))
    .map((table): SizeItem => {
      const isMeta = isAboutTheFile(table);
      return { name: table.name, kind: isMeta ? 'meta' : 'other', bytes: bytesOf(pages, table.name), count: null };
    });
}
