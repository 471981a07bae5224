import { existsSync, statSync } from 'node:fs';
import { type Database, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type Call, defineCommand } from '../command.ts';
import { type ColumnSummary, columnsOf } from '../file/columns.ts';
import { holdingsOf, isVault, partsOf, rowsOf } from '../file/holdings.ts';
import { OpenedFile, walOf } from '../file/opened-file.ts';
import { type TableColumn, table } from '../terminal/table.ts';
import { count, plural, size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    'Shows what a file holds: key-value tables, columns, vectors, full-text tables, and the state of the file itself. ' +
    'The file is opened readonly and left as it is.',
  least: 1,
  most: 1,
  options: {},
  examples: [
    ['vault.db', 'a summary to read'],
    ['vault.db --json', 'the same for a program'],
  ],
  async run(call) {
    const report = inspect(call.args[0] as string);
    if (call.options.json) await call.output.line(JSON.stringify(report));
    else await call.output.write(`${shown(report, call).join('\n')}\n`);
    return undefined;
  },
});

type Report = ReturnType<typeof inspect>;

function inspect(path: string) {
  using file = new OpenedFile(path);
  // One state of the file, no matter who writes meanwhile.
  return file.connection.snapshot(() => {
    const { database } = file;
    const holdings = holdingsOf(database);
    return {
      file: path,
      bytes: statSync(path).size,
      isVault: isVault(holdings),
      journal: journalOf(database, path),
      pages: pagesOf(database),
      schemaVersion: schemaVersionOf(database),
      kv: holdings.kv.map((name) => ({ table: name, ...kvTotals(database, name) })),
      columns: columnsOf(database, holdings),
      vectors: holdings.vectors.map(({ name, dimensions, metric, elementType }) => ({
        table: name,
        vectors: rowsOf(database, `${name}_rowids`) ?? null,
        dimensions,
        metric,
        type: elementType,
      })),
      texts: holdings.texts.map((name) => ({ table: name, documents: rowsOf(database, `${name}_docsize`) ?? null })),
      tables: holdings.others.map((name) => ({ table: name, rows: rowsOf(database, name) ?? null })),
    };
  });
}

function kvTotals(database: Database, name: string): { keys: number; bytes: number } {
  // The length of a BLOB stands at the beginning of its row; the BLOB itself is not read.
  const totals = database
    .prepare(`SELECT count(*) AS keys, total(length(key) + length(value)) AS bytes FROM main.${quoteIdentifier(name)}`)
    .get() as { keys: number; bytes: number };
  const parts = partsOf(database, name);
  if (!parts) return totals;
  const more = database.prepare(`SELECT total(length(data)) FROM ${parts}`).pluck().get() as number;
  return { keys: totals.keys, bytes: totals.bytes + more };
}

function journalOf(database: Database, path: string) {
  const mode = String(database.pragma('journal_mode', { simple: true }));
  const wal = walOf(path);
  return { mode, walBytes: existsSync(wal) ? statSync(wal).size : 0 };
}

function pagesOf(database: Database) {
  const read = (name: string) => Number(database.pragma(name, { simple: true }));
  return { size: read('page_size'), count: read('page_count'), free: read('freelist_count') };
}

function schemaVersionOf(database: Database): string | null {
  try {
    const select = database.prepare(
      "SELECT CAST(value AS TEXT) FROM main.kohakuvault_meta WHERE key = 'schema_version'",
    );
    return (select.pluck().get() as string | undefined) ?? null;
  } catch {
    // Files of the Python package's vector and text vaults have no such table.
    return null;
  }
}

function shown(report: Report, call: Call): string[] {
  const { style } = call;
  const { journal, pages } = report;
  const lines = [`${style.bold(report.file)}  ${size(report.bytes)}`];
  const wal = journal.mode === 'wal' && journal.walBytes > 0 ? ` with ${size(journal.walBytes)} in its -wal` : '';
  const free = pages.free > 0 ? `, ${count(pages.free)} of them free` : '';
  lines.push(
    `  journal ${journal.mode}${wal}; ${plural(pages.count, 'page')} of ${size(pages.size)}${free}` +
      (report.schemaVersion === null ? '' : `; schema version ${report.schemaVersion}`),
  );
  const section = (title: string, columns: TableColumn[], rows: string[][]) => {
    if (rows.length > 0) lines.push('', style.bold(title), ...table(columns, rows, call));
  };
  const name: TableColumn = { title: 'TABLE', shrinks: true };
  section(
    'Key-value tables',
    [name, right('KEYS'), right('SIZE')],
    report.kv.map((one) => [one.table, count(one.keys), size(one.bytes)]),
  );
  for (const [layout, title] of COLUMN_LAYOUTS) {
    section(
      title,
      [{ title: 'COLUMN', shrinks: true }, { title: 'TYPE' }, right('LENGTH'), right('SIZE'), right('CHUNKS')],
      report.columns.filter((one) => one.layout === layout).map(columnRow),
    );
  }
  section(
    'Vectors',
    [name, right('VECTORS'), right('DIMENSIONS'), { title: 'METRIC' }, { title: 'TYPE' }],
    report.vectors.map((one) => [one.table, known(one.vectors), count(one.dimensions), one.metric, one.type]),
  );
  section(
    'Full-text tables of the Python package',
    [name, right('DOCUMENTS')],
    report.texts.map((one) => [one.table, known(one.documents)]),
  );
  section(
    'Other tables',
    [name, right('ROWS')],
    report.tables.map((one) => [one.table, known(one.rows)]),
  );
  if (!report.isVault) {
    lines.push('', report.tables.length > 0 ? 'Nothing of KohakuVault is in it.' : 'There is nothing in it yet.');
  }
  return lines;
}

const COLUMN_LAYOUTS = [
  ['col', 'Columns'],
  ['kvault_col', 'Columns in the layout of Python 1.x'],
] as const;

function columnRow({ name, dtype, length, bytes, chunks }: ColumnSummary): string[] {
  return [name, dtype, known(length), size(bytes), count(chunks)];
}

/** A count; a question mark where the file is damaged there, which verify tells of. */
function known(number: number | null): string {
  return number === null ? '?' : count(number);
}

function right(title: string): TableColumn {
  return { title, align: 'right' };
}
