import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { bodyRules, checkBody } from '../api/body.ts';
import type { SqlExportRequest } from '../api/types.ts';
import type { TaskContext } from '../work/task.ts';
import { PrivateReader } from './private-reader.ts';
import { checkReading } from './read-only.ts';
import { bound, STATEMENT_RULES } from './sql-tasks.ts';

/** An export may run for so long, in milliseconds. */
const PATIENCE = 600_000;
const PIECE = 256 * 1024;
/** Rows that an Arrow file has at most: it is made in memory. */
const MOST_ARROW_ROWS = 1_000_000;
const MOST_ARROW_BYTES = 256 * 1024 * 1024;

export function sqlExportArgs(body: unknown): SqlExportRequest {
  const rules = { ...STATEMENT_RULES, format: bodyRules.oneOf('csv', 'arrow') };
  const request = checkBody<SqlExportRequest>('export', body, rules, ['sql', 'format']);
  checkReading(request.sql);
  return request;
}

/** Yields the bytes of a file with the rows of a query. */
export async function* sqlExportTask(
  context: TaskContext,
  request: SqlExportRequest,
): AsyncGenerator<Uint8Array, void> {
  using reader = new PrivateReader(context);
  const statement = reader.prepare(request.sql);
  const names = statement.columns().map(({ name }) => name);
  const rows = reader.rows(statement, (request.parameters ?? []).map(bound), PATIENCE);
  if (request.format === 'csv') yield* csv(names, rows);
  else yield await arrow(names, rows);
}

function* csv(names: readonly string[], rows: Iterable<unknown[]>): Generator<Uint8Array> {
  let piece = `${names.map(csvCell).join(',')}\r\n`;
  for (const row of rows) {
    piece += `${row.map(csvCell).join(',')}\r\n`;
    if (piece.length < PIECE) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

/** NULL is an empty cell, and bytes are hexadecimal. A text that a table program would take as a formula stays text. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = typeof value === 'string' ? value : (value as Buffer).toString('hex');
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function arrow(names: readonly string[], rows: Iterable<unknown[]>): Promise<Uint8Array> {
  const { Table, tableToIPC, vectorFromArray, ...types } = await arrowModule();
  const columns: unknown[][] = names.map(() => []);
  let [count, bytes] = [0, 0];
  for (const row of rows) {
    if (++count > MOST_ARROW_ROWS || bytes > MOST_ARROW_BYTES) {
      throw new InvalidArgument(
        `the query has more than ${MOST_ARROW_ROWS} rows, or is longer than 256 MiB; export it as CSV, or add a LIMIT`,
      );
    }
    for (const [nth, value] of row.entries()) {
      columns[nth]?.push(value);
      bytes += typeof value === 'string' ? value.length * 2 : value instanceof Uint8Array ? value.length : 8;
    }
  }
  const vectors = columns.map((values) => vectorFromArray(prepared(values), typeOf(values, types)));
  // Names may occur twice in a result, and must not in a table.
  const unique = names.map((name, nth) => (names.indexOf(name) === nth ? name : `${name}_${nth}`));
  const table = new Table(Object.fromEntries(unique.map((name, nth) => [name, vectors[nth]])) as never);
  return tableToIPC(table, 'file');
}

type Arrow = typeof import('apache-arrow');
type ArrowTypes = Pick<Arrow, 'Int64' | 'Float64' | 'Utf8' | 'Binary'>;

async function arrowModule(): Promise<Arrow> {
  try {
    return await import('apache-arrow');
  } catch (cause) {
    throw new InvalidArgument(
      'an export as Arrow needs the package apache-arrow; install it beside @kohakuvault/studio, or export as CSV',
      { cause },
    );
  }
}

/** SQL has a type per value; a column of Arrow has one. Different ones become text. */
function typeOf(values: readonly unknown[], types: ArrowTypes) {
  switch (kindOf(values)) {
    case 'bigint':
      return new types.Int64();
    case 'number':
      return new types.Float64();
    case 'bytes':
      return new types.Binary();
    default:
      return new types.Utf8();
  }
}

function prepared(values: readonly unknown[]): unknown[] {
  switch (kindOf(values)) {
    case 'number':
      return values.map((value) => (value === null ? null : Number(value)));
    case 'text':
      return values.map((value) =>
        value === null ? null : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value),
      );
    default:
      return [...values];
  }
}

function kindOf(values: readonly unknown[]): 'bigint' | 'number' | 'bytes' | 'text' {
  const kinds = new Set(
    values.filter((value) => value !== null).map((value) => (value instanceof Uint8Array ? 'bytes' : typeof value)),
  );
  if (kinds.size === 1) {
    const [kind] = kinds;
    if (kind === 'bigint' || kind === 'number' || kind === 'bytes') return kind;
  }
  return [...kinds].every((kind) => kind === 'bigint' || kind === 'number') && kinds.size > 0 ? 'number' : 'text';
}
