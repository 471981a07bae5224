import { checkOptions, describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { ColumnView } from '../elements/column-view.ts';
import { ArrowPages } from './arrow-pages.ts';
import { CsvPages } from './csv-pages.ts';
import { type Page, pagesOf } from './pages.ts';

/** The rows of CSV that are made at a time. Making text takes time, and nothing else runs meanwhile. */
const CSV_ROWS = 8_192;

const FORMATS = ['csv', 'arrow'] as const;

export interface ExportOptions {
  /** CSV with a heading, or an Arrow IPC file (Feather 2). */
  format: (typeof FORMATS)[number];
  /** Called after each part with the number of rows exported so far. */
  onProgress?: ((rows: number) => void) | undefined;
}

/** A file format: the bytes before the elements, those of a page of them, and those at the end. */
interface Pages {
  begin(): Buffer;
  page(page: Page): Buffer;
  end(): Buffer;
}

export function checkExportOptions(options: unknown): ExportOptions {
  const expected = FORMATS.map((format) => JSON.stringify(format)).join(' or ');
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgument(`exportColumns expects options with a format, ${expected}; got ${describe(options)}`);
  }
  checkOptions('exportColumns', options, {
    format: { expected, accepts: (value) => FORMATS.includes(value as 'csv') },
    onProgress: { expected: 'a function', accepts: (value) => typeof value === 'function' },
  });
  const { format, onProgress } = options as Partial<ExportOptions>;
  if (format === undefined) throw new InvalidArgument(`exportColumns expects format to be ${expected}, got undefined`);
  return { format, onProgress };
}

/**
 * Returns the bytes of a file with these columns side by side, about a MiB at a time. `consistently` runs a read of
 * several columns in one file state.
 */
export function exportColumns(
  columns: readonly [ColumnView, ...ColumnView[]],
  { format, onProgress }: ExportOptions,
  consistently: <R>(read: () => R) => R,
): Generator<Buffer, undefined> {
  const file = format === 'csv' ? new CsvPages(columns) : new ArrowPages(columns);
  checkLengths(columns);
  // The length is that of now: what is added later is not exported.
  return parts(file, pagesOf(columns[0], columns.slice(1), format === 'csv' ? CSV_ROWS : undefined), (page) => {
    const bytes = consistently(() => {
      checkPage(columns, page);
      return file.page(page);
    });
    onProgress?.(page.end);
    return bytes;
  });
}

function* parts(file: Pages, pages: Iterable<Page>, read: (page: Page) => Buffer): Generator<Buffer, undefined> {
  yield file.begin();
  for (const page of pages) yield read(page);
  const end = file.end();
  if (end.length > 0) yield end;
}

function checkPage(columns: readonly ColumnView[], page: Page): void {
  const short = columns.find(({ length }) => length < page.end);
  if (short === undefined) return;
  throw new KohakuVaultError(
    `column ${JSON.stringify(short.name)} became shorter while it was exported; export inside snapshot() to read one ` +
      'state',
    { code: 'KV_STALE' },
  );
}

function checkLengths(columns: readonly ColumnView[]): void {
  const lengths = columns.map(({ length }) => length);
  if (lengths.every((length) => length === lengths[0])) return;
  const shown = columns.slice(0, 10).map(({ name }, index) => `${name} has ${lengths[index]}`);
  throw new InvalidArgument(
    `columns side by side must have equal lengths, but ${shown.join(', ')}; export them one by one, or shorten them ` +
      'with truncate()',
  );
}
