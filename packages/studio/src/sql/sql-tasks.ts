import { bodyRules, checkBody } from '../api/body.ts';
import type { SqlCell, SqlPlan, SqlRequest, SqlResult } from '../api/types.ts';
import type { TaskContext } from '../work/task.ts';
import { cellOf, weightOf } from './cells.ts';
import { PrivateReader } from './private-reader.ts';
import { checkReading } from './read-only.ts';

export const SQL_LIMITS = { rows: 10_000, ms: 60_000 } as const;
const ROWS = 1_000;
const MILLISECONDS = 10_000;
/** An answer has about so many bytes. */
const ANSWER_BYTES = 16 * 1024 * 1024;

const PARAMETERS = {
  expected: 'an array of numbers, texts and nulls',
  accepts: (value: unknown) =>
    Array.isArray(value) && value.every((one) => one === null || typeof one === 'number' || typeof one === 'string'),
};

export const STATEMENT_RULES = { sql: bodyRules.text, parameters: PARAMETERS };

const RULES = {
  ...STATEMENT_RULES,
  maxRows: bodyRules.whole(1, SQL_LIMITS.rows),
  timeoutMs: bodyRules.whole(1, SQL_LIMITS.ms),
};

export function sqlArgs(body: unknown): SqlRequest {
  const request = checkBody<SqlRequest>('query', body, RULES, ['sql']);
  checkReading(request.sql);
  return request;
}

export function* sqlTask(context: TaskContext, request: SqlRequest): Generator<never, SqlResult> {
  const { sql, parameters = [], maxRows = ROWS, timeoutMs = MILLISECONDS } = request;
  const began = performance.now();
  using reader = new PrivateReader(context);
  const statement = reader.prepare(sql);
  const rows: SqlCell[][] = [];
  let left = ANSWER_BYTES;
  let more = false;
  for (const row of reader.rows(statement, parameters.map(bound), timeoutMs)) {
    if (rows.length === maxRows || left <= 0) {
      more = true;
      break;
    }
    const cells = row.map(cellOf);
    for (const cell of cells) left -= weightOf(cell);
    rows.push(cells);
  }
  const columns = statement.columns().map(({ name, type }) => ({ name, type }));
  return { columns, rows, more, ms: performance.now() - began };
}

/** Whole numbers are integers for SQL, as a person expects who types them. */
export function bound(parameter: null | number | string): unknown {
  return Number.isSafeInteger(parameter) ? BigInt(parameter as number) : parameter;
}

export function planArgs(body: unknown): { sql: string } {
  const { sql } = checkBody<{ sql: string }>('plan', body, { sql: bodyRules.text }, ['sql']);
  checkReading(sql);
  return { sql };
}

export function* planTask(context: TaskContext, { sql }: { sql: string }): Generator<never, SqlPlan> {
  using reader = new PrivateReader(context);
  // Its own errors are about what was written.
  reader.prepare(sql);
  const isExplained = /^\s*EXPLAIN\b/i.test(sql);
  const statement = reader.prepare(isExplained ? sql : `EXPLAIN QUERY PLAN ${sql}`);
  const columns = statement.columns().map(({ name }) => name);
  const steps = [...reader.rows(statement, unbound(sql), MILLISECONDS)].map((row) => {
    const of = (name: string) => row[columns.indexOf(name)];
    return {
      id: Number(of('id') ?? 0),
      parent: Number(of('parent') ?? 0),
      detail: String(of('detail') ?? row.join(' ')),
    };
  });
  return { steps };
}

/** Nulls for the parameters of a statement that is explained and not run. */
function unbound(sql: string): null[] {
  const withoutTexts = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  return Array.from(withoutTexts.match(/\?(?!\d)/g) ?? [], () => null);
}
