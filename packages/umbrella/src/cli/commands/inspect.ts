import { existsSync, statSync } from 'node:fs';
import type { ColumnSummary } from '@kohakuvault/columns/inspect';
import { countRows, type Database, foreignObjects, schemaVersion } from '@kohakuvault/core-native/internal/database';
import { type Call, defineCommand } from '../command/command.ts';
import { contentsOf, isVault } from '../file/contents.ts';
import { INSPECTORS } from '../file/inspectors.ts';
import { OpenedFile, walOf } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { type TableColumn, table } from '../terminal/table.ts';
import { count, plural, size } from '../terminal/text.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    'Shows what a file holds: key-value tables, columns, vectors, full-text tables, and the state of the file ' +
    'itself. Names triggers, views and other objects that could run SQL of the file. Opens the file readonly and ' +
    'does not change it.',
  least: 1,
  most: 1,
  options: UNTRUSTED_OPTION,
  examples: [
    ['vault.db', 'a summary for people'],
    ['vault.db --json', 'the same for a program'],
    ['download.db --untrusted', 'a file of strangers'],
  ],
  async run(call) {
    const report = inspect(call.args[0] as string, call.options.untrusted);
    if (call.options.json) await call.output.line(JSON.stringify(report));
    else await call.output.write(`${shown(report, call).join('\n')}\n`);
    return undefined;
  },
});

type Report = ReturnType<typeof inspect>;

function inspect(path: string, untrusted: boolean | undefined) {
  using file = new OpenedFile(path, { untrusted });
  // All numbers are of one state of the file, even while others write.
  return file.connection.snapshot(() => {
    const { database } = file;
    const contents = contentsOf(database);
    const foreign = foreignObjects(database);
    // The module of a foreign virtual table would run to count its rows.
    const isForeign = (table: string) => foreign.some(({ name }) => name === table);
    return {
      file: path,
      bytes: statSync(path).size,
      isVault: isVault(contents),
      journal: journalOf(database, path),
      pages: pagesOf(database),
      schemaVersion: schemaVersion(database),
      kv: INSPECTORS.kv.list(database),
      columns: INSPECTORS.columns.list(database),
      vectors: INSPECTORS.vectors.list(database),
      texts: INSPECTORS.texts.list(database),
      tables: contents.others.map((name) => ({
        table: name,
        rows: isForeign(name) ? null : (countRows(database, name) ?? null),
      })),
      foreign: foreign.map(({ what }) => what),
    };
  });
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
    [name, right('KEYS'), right('SIZE'), ...encodingColumn(report.kv)],
    report.kv.map((one) => [one.table, count(one.keys), size(one.bytes), ...encodingCell(report.kv, one)]),
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
    [
      name,
      right('VECTORS'),
      right('DIMENSIONS'),
      { title: 'METRIC' },
      { title: 'TYPE' },
      ...sidesColumn(report.vectors),
      ...indexColumn(report.vectors),
      ...encodingColumn(report.vectors),
    ],
    report.vectors.map((one) => [
      one.table,
      known(one.vectors),
      count(one.dimensions),
      one.metric,
      one.type,
      ...sidesColumn(report.vectors).map(() => sidesOf(one)),
      ...indexColumn(report.vectors).map(() => (one.index ? plural(one.index.lists, 'list') : 'none')),
      ...encodingCell(report.vectors, one),
    ]),
  );
  section(
    'Texts',
    [
      name,
      right('DOCUMENTS'),
      { title: 'COLUMNS', shrinks: true },
      { title: 'TOKENIZER' },
      ...encodingColumn(report.texts),
    ],
    report.texts.map((one) => [
      one.table,
      known(one.documents),
      one.columns.join(', '),
      one.tokenizer,
      ...encodingCell(report.texts, one),
    ]),
  );
  section(
    'Other tables',
    [name, right('ROWS')],
    report.tables.map((one) => [one.table, known(one.rows)]),
  );
  section(
    'Objects that could run SQL of the file',
    [{ title: 'OBJECT', shrinks: true }],
    report.foreign.map((what) => [what]),
  );
  if (!report.isVault) {
    lines.push('', report.tables.length > 0 ? 'It holds nothing of KohakuVault.' : 'It is empty.');
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

/** What a table of vectors has beside its values. */
interface WithSides {
  readonly fields?: Readonly<Record<string, string>>;
  readonly ids?: string;
}

/** Most files have no table with fields or text ids, and need no column for them. */
function sidesColumn(tables: readonly WithSides[]): TableColumn[] {
  return tables.some(({ fields, ids }) => fields ?? ids) ? [{ title: 'IDS AND FIELDS', shrinks: true }] : [];
}

function sidesOf({ fields, ids }: WithSides): string {
  return [...(ids ? [`id:${ids}`] : []), ...Object.entries(fields ?? {}).map(([name, type]) => `${name}:${type}`)].join(
    ' ',
  );
}

interface Encoded {
  readonly encoding?: string;
}

/** Most files have no table with an encoding of its own, and need no column for it. */
function encodingColumn(tables: readonly Encoded[]): TableColumn[] {
  return tables.some(({ encoding }) => encoding !== undefined) ? [{ title: 'ENCODING' }] : [];
}

/** Most files have no index, and need no column for it. */
function indexColumn(tables: readonly { readonly index?: object }[]): TableColumn[] {
  return tables.some(({ index }) => index !== undefined) ? [{ title: 'INDEX' }] : [];
}

function encodingCell(tables: readonly Encoded[], { encoding }: Encoded): string[] {
  return encodingColumn(tables).map(() => encoding ?? 'auto');
}

/** Returns a count, or a question mark if damage hides it. `verify` reports that damage. */
function known(number: number | null): string {
  return number === null ? '?' : count(number);
}

function right(title: string): TableColumn {
  return { title, align: 'right' };
}
