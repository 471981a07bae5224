import { statSync } from 'node:fs';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import {
  countRows,
  foreignObjects,
  fromBetterSqlite3,
  isAboutTheFile,
  schemaTables,
  schemaVersion,
  tableEncoding,
} from '@kohakuvault/core-native/internal/database';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import { declaredTexts, textInspector } from '@kohakuvault/text/inspect';
import { declaredVectors, vectorInspector } from '@kohakuvault/vector/inspect';
import { PACKAGE_VERSION } from '../api/package-version.ts';
import type { Overview, StudioFile } from '../api/types.ts';
import { framesOf } from '../columns/column-list.ts';
import type { VaultFile } from '../file/vault-file.ts';
import type { ListedColumn } from './listed-column.ts';
import { pythonNotes } from './python-notes.ts';

/**
 * To count the rows of all tables may take so many milliseconds: the first view waits for it. What is not counted then
 * is told with the sizes, which come later. In a file up to this length, everything is counted, also on a busy machine.
 */
const COUNTS_MS = 40;
const LONGEST = 60_000;
const SHORT_FILE = 32 * 1024 * 1024;

/** Returns what is in a file, from its schema and little else: the first view must not depend on the file's length. */
export function overview(file: VaultFile, about: StudioFile, patience = COUNTS_MS): Overview {
  return file.consistently(() => {
    const { database } = file;
    const packages = [keyValueInspector, columnInspector, vectorInspector, textInspector].map((one) =>
      one.tables(database),
    );
    const known = new Set(packages.flatMap(({ main, related }) => [...main, ...related]));
    const others = schemaTables(database).filter((table) => !known.has(table.name) && !isAboutTheFile(table));
    const foreign = foreignObjects(database);
    const lengths = lengthsOf(file);
    const until = performance.now() + (lengths.bytes <= SHORT_FILE ? LONGEST : patience);
    const count: Counter = (table) => counted(file, table, until - performance.now());
    const kv = keysOf(file, count);
    const columns = columnsOf(file);
    const vectors = vectorsOf(file, count);
    const texts = textsOf(file, count);
    const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
    return {
      file: about,
      ...lengths,
      version: file.version(),
      pages: { size: pragma('page_size'), count: pragma('page_count'), free: pragma('freelist_count') },
      schemaVersion: schemaVersion(database),
      isVault: packages.some(({ main }) => main.length > 0),
      kv,
      columns: columns.map(({ name, dtype, length, layout }) => ({ name, dtype, length, layout })),
      frames: framesOf(columns.map((one) => ({ ...one, length: one.length ?? -1 }))).map(({ name, columns: own }) => ({
        name,
        columns: own.map((column) => column.name),
      })),
      vectors,
      texts: texts.map(({ table, documents, columns: own, tokenizer }) => ({
        table,
        documents,
        columns: own,
        tokenizer,
      })),
      others: others.map(({ name }) => name),
      foreign: foreign.map(({ what }) => what),
      python: pythonNotes(file, { kv, columns, vectors, texts }),
      host: {
        sqlite: String(database.prepare('SELECT sqlite_version()').pluck().get()),
        node: process.versions.node,
        package: PACKAGE_VERSION,
      },
    };
  });
}

function lengthsOf({ connection, database }: VaultFile): Pick<Overview, 'bytes' | 'journal'> {
  const { file } = connection.shared;
  const mode = String(database.pragma('journal_mode', { simple: true }));
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (file === '') {
    const bytes =
      Number(database.pragma('page_count', { simple: true })) * Number(database.pragma('page_size', { simple: true }));
    return { bytes, journal: { mode, walBytes: 0 } };
  }
  return { bytes: sizeOf(file), journal: { mode, walBytes: sizeOf(`${file}-wal`) } };
}

type Counter = (table: string) => number | null;

function keysOf(file: VaultFile, count: Counter): Overview['kv'] {
  return keyValueInspector.tables(file.database).main.map((table) => ({
    table,
    keys: count(table),
    encoding: tableEncoding(file.database, table).name,
  }));
}

/** Counts rows; null if that takes too long, or if damage hides them, which `verify` tells. */
function counted({ connection, database }: VaultFile, table: string, milliseconds: number): number | null {
  if (milliseconds <= 0) return null;
  const { binding } = nativeCore();
  const { handle } = connection;
  binding.limitTime(handle, Math.ceil(milliseconds));
  try {
    return countRows(database, table) ?? null;
  } catch (error) {
    const known = fromBetterSqlite3(error);
    if (known instanceof KohakuVaultError && ['KV_TIMEOUT', 'KV_CORRUPT'].includes(known.code)) return null;
    throw known;
  } finally {
    binding.limitTime(handle, -1);
  }
}

function columnsOf(file: VaultFile): ListedColumn[] {
  if (columnInspector.tables(file.database).main.length === 0) return [];
  const isNew = (name: string) => inBlocks.has(name);
  const inBlocks = new Set(blockNames(file));
  return file.columns.listColumns().map(({ name, dtype, length, compression }) => ({
    name,
    dtype,
    length: Number.isFinite(length) ? length : null,
    layout: isNew(name) ? 'kvault_col' : 'col',
    isCompressed: compression !== undefined,
  }));
}

function blockNames({ database }: VaultFile): string[] {
  if (!schemaTables(database).some(({ name }) => name === 'kvault_col_columns')) return [];
  return database.prepare('SELECT CAST(name AS TEXT) FROM main.kvault_col_columns').pluck().all() as string[];
}

function vectorsOf({ database }: VaultFile, count: Counter): Overview['vectors'] {
  const names = new Set(schemaTables(database).map(({ name }) => name));
  return declaredVectors(database).map(({ table, dimensions, metric, vectorType }) => ({
    table,
    vectors: count(`${table}_rowids`),
    dimensions,
    metric,
    type: vectorType,
    index: names.has(`${table}_index_lists`),
  }));
}

function textsOf({ database }: VaultFile, count: Counter) {
  return declaredTexts(database).map(({ table, declaration }) => ({
    table,
    documents: count(`${table}_docsize`),
    columns: [...(declaration?.columns ?? [])],
    tokenizer: declaration?.tokenizer ?? '',
    isVault: declaration !== undefined,
  }));
}
