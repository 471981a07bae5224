import type { Database } from 'better-sqlite3';
import { translated } from '../errors/sqlite-errors.ts';
import { printable } from '../text/plain.ts';
import { isOwnTrigger } from './own-triggers.ts';
import { callsFunction, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Something in the schema of a file whose SQL may run when the file is read, checked or written. */
export interface ForeignObject {
  readonly name: string;
  /** What it is, for messages: `a view "v"`. */
  readonly what: string;
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl: string;
  readonly sql: string | null;
}

/** The virtual tables of vaults. Their modules run no SQL of the file. */
const KNOWN_MODULES: readonly string[] = ['vec0', 'fts5'];

/** The numbers by which SQLite marks generated columns, and expressions in an index. */
const GENERATED = '2, 3';
const EXPRESSION = -2;
/** The most characters of a name in a message. */
const MOST_SHOWN = 60;

/** Returns the objects of a file that are not ours and have SQL that may run. Reads the schema only. */
export function foreignObjects(database: Database): ForeignObject[] {
  return translated(() =>
    // CAST: a hostile file may have stored another class than text.
    (
      database
        .prepare(
          `SELECT type, coalesce(CAST(name AS TEXT), '') AS name, coalesce(CAST(tbl_name AS TEXT), '') AS tbl,
            CAST(sql AS TEXT) AS sql FROM main.sqlite_schema`,
        )
        .all() as SchemaRow[]
    ).flatMap((row) => {
      const what = problemOf(database, row);
      return what === undefined ? [] : [{ name: row.name, what }];
    }),
  );
}

function problemOf(database: Database, row: SchemaRow): string | undefined {
  const name = shown(row.name);
  switch (row.type) {
    case 'table':
      return row.sql === null ? undefined : problemOfTable(database, row, row.sql);
    case 'index':
      return row.sql === null ? undefined : problemOfIndex(database, row, row.sql);
    case 'trigger':
      return isOwnTrigger(row.name, row.tbl, row.sql ?? '') ? undefined : `a trigger ${name} on ${shown(row.tbl)}`;
    default:
      return `a ${row.type === 'view' ? 'view' : 'foreign object'} ${name}`;
  }
}

function problemOfTable(database: Database, { name }: SchemaRow, sql: string): string | undefined {
  const tokens = sqlTokens(sql);
  if (isWord(tokens[1], 'virtual')) {
    const module = tokens[tokens.findIndex((token) => isWord(token, 'using')) + 1]?.text ?? '';
    if (KNOWN_MODULES.includes(module.toLowerCase())) return undefined;
    return `a virtual table ${shown(name)} of the module ${shown(module)}`;
  }
  const generated = database
    .prepare(`SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden IN (${GENERATED})`)
    .pluck()
    .get(name);
  if (generated !== undefined) return `a generated column ${shown(String(generated))} in ${shown(name)}`;
  const hasCall = tokens.some((token, at) => isWord(token, 'check') && callsFunction(parenthesized(tokens, at + 1)));
  return hasCall ? `a CHECK with a function in ${shown(name)}` : undefined;
}

function problemOfIndex(database: Database, { name, tbl }: SchemaRow, sql: string): string | undefined {
  const isExpression = database
    .prepare(`SELECT 1 FROM pragma_index_xinfo(?, 'main') WHERE cid = ${EXPRESSION}`)
    .get(name);
  const tokens = sqlTokens(sql);
  const where = tokens.findIndex((token) => isWord(token, 'where'));
  if (isExpression === undefined && (where < 0 || !callsFunction(tokens.slice(where + 1)))) return undefined;
  return `an index ${shown(name)} on ${shown(tbl)} with an expression`;
}

/** Returns the tokens inside the parentheses that begin at a place. */
function parenthesized(tokens: readonly SqlToken[], start: number): SqlToken[] {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    if (tokens[at]?.text === '(') depth++;
    else if (tokens[at]?.text === ')') depth--;
    if (depth === 0) return tokens.slice(start + 1, at);
  }
  return tokens.slice(start + 1);
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token !== undefined && !token.quoted && token.text.toLowerCase() === word;
}

function shown(name: string): string {
  return `"${printable(name.slice(0, MOST_SHOWN))}"`;
}
