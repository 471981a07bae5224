import { TextVault } from '@kohakuvault/text';
import { openBare } from '../../peers/better-sqlite3.ts';
import { python } from '../../peers/python.ts';
import type { Context } from '../../suite.ts';
import { fileOf, type Kind, queriesOf } from './contents.ts';

export const K = 10;

export function openOurs(fixtures: string): TextVault<{ number: number }> {
  return new TextVault(fileOf(fixtures));
}

/** Returns a query as FTS5 reads it, for the same result as ours. */
export function expressionOf(query: string, kind: Kind): string {
  if (kind === 'phrase') return `"${query}"`;
  return `${query
    .split(' ')
    .map((word) => `"${word}"`)
    .join(' ')}${kind === 'prefix' ? ' *' : ''}`;
}

export function optionsOf(kind: Kind): { k: number; match?: 'phrase'; prefix?: true } {
  return { k: K, ...(kind === 'phrase' && { match: 'phrase' }), ...(kind === 'prefix' && { prefix: true }) };
}

/** Searches with FTS5 through better-sqlite3, for the same result as ours: ids, scores, texts, and the values' bytes. */
export async function bareSearch(fixtures: string): Promise<(expression: string) => number> {
  const database = await openBare(fileOf(fixtures));
  const search = database.prepare(
    `SELECT found.rowid, found.rank, found.content, stored.value FROM
       (SELECT rowid, rank, content, value_ref FROM text_vault WHERE text_vault MATCH ? ORDER BY rank LIMIT ${K}) AS found
       JOIN text_vault_values AS stored ON stored.id = found.value_ref`,
  );
  return (expression) => search.all(expression).length;
}

/** The Python package on the same file. It has no search for two words that do not stand together, but FTS5's own. */
export function pythonSearch(context: Context, kind: Kind): number {
  return python(
    context,
    `
import json
from kohakuvault import TextVault
queries = json.loads(${JSON.stringify(JSON.stringify(queriesOf(context.fixtures, kind).map((query) => expressionOf(query, kind))))})
vault = TextVault(${JSON.stringify(fileOf(context.fixtures))})
turn = 0
def work():
    global turn
    turn += 1
    vault.search_with_text(queries[turn % len(queries)], k=${K}, escape=False)
print(measure(work))
`,
  );
}
