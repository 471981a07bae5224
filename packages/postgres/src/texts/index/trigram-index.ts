import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { TRIGRAM } from '../tokens/trigrams.ts';
import { foldedText } from '../tokens/unicode-words.ts';
import type { Wanted } from './lexemes.ts';
import { Parameters } from './parameters.ts';
import type { WordIndex } from './word-index.ts';

/** Keeps texts without case, in which any part is found by the index of pg_trgm. Places are those of characters. */
export const trigramIndex: WordIndex = {
  type: 'text',
  indexed: (column) => `${column} gin_trgm_ops`,

  async prepare(session) {
    const { rows } = await session.query(
      "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = 'pg_trgm'",
    );
    if (rows.length === 0) {
      throw new KohakuVaultError(
        "the server has no pg_trgm, which texts with the tokenizer 'trigram' need; install it on the server (it comes " +
          'with PostgreSQL, often in a package of its own; PGlite has it as an extension), or choose another tokenizer',
        { code: 'KV_RUNTIME_UNSUPPORTED' },
      );
    }
    if (rows[0]?.[0] !== true) await session.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
  },

  keep(text) {
    const cell = foldedText(text);
    return { cell, words: Math.max(0, charactersOf(cell) - TRIGRAM + 1) };
  },

  keepBinary(text, tokenize) {
    const { cell, words } = this.keep(text, tokenize);
    return { cell: Buffer.from(cell), words };
  },

  has(column, words, parameters) {
    const part = partOf(words);
    return part === undefined ? 'false' : `${column} LIKE ${parameters.add(`%${escaped(part)}%`, 'text')}`;
  },

  begins(column, words, parameters) {
    const part = partOf(words);
    return part === undefined ? 'false' : `starts_with(${column}, ${parameters.add(part, 'text')})`;
  },

  count(column, words, parameters) {
    const part = partOf(words);
    if (part === undefined) return '0::float8';
    // Places may overlap, which a part has in itself then: only looking ahead finds all of them.
    if (overlapsItself(part)) {
      return `regexp_count(${column}, ${parameters.add(aheadOf(part), 'text')})::float8`;
    }
    const without = `replace(${column}, ${parameters.add(part, 'text')}, '')`;
    return `((char_length(${column}) - char_length(${without})) / ${charactersOf(part)})::float8`;
  },

  places(column, words, parameters) {
    const part = partOf(words);
    if (part === undefined) return 'SELECT 0 AS at WHERE false';
    // What is between two places tells where they are. To look for each behind the one before it would take long.
    const own = parameters.add(part, 'text');
    if (overlapsItself(part)) {
      const pieces = `regexp_split_to_table(${column}, ${parameters.add(aheadOf(part), 'text')})`;
      return `SELECT 1 AS at WHERE starts_with(${column}, ${own}) UNION ALL ${betweenSql(pieces, 0)}`;
    }
    return betweenSql(`string_to_table(${column}, ${own})`, charactersOf(part));
  },

  terms(table, columns, beginning, k) {
    const parameters = new Parameters();
    const like = parameters.add(`%${escaped(beginning)}%`, 'text');
    const ofColumns = columns.map(
      (column) =>
        'SELECT d.id, c.one || lead(c.one) OVER w || lead(c.one, 2) OVER w AS term ' +
        `FROM ${table} AS d, string_to_table(d.${column}, NULL) WITH ORDINALITY AS c (one, nth) ` +
        `WHERE d.${column} LIKE ${like} WINDOW w AS (PARTITION BY d.id ORDER BY c.nth)`,
    );
    const text =
      `SELECT term, count(DISTINCT id)::float8 AS documents FROM (${ofColumns.join(' UNION ALL ')}) AS part ` +
      `WHERE starts_with(term, ${parameters.add(beginning, 'text')}) GROUP BY term ` +
      `ORDER BY documents DESC, term COLLATE "C" LIMIT ${parameters.add(k, 'int8')}`;
    return { text, parameters };
  },
};

/** Returns the part of a text that has these trigrams; undefined if none has them next to each other. */
function partOf(words: readonly Wanted[]): string | undefined {
  let part: string[] = [];
  for (const { term } of words) {
    const characters = Array.from(term);
    if (part.length > 0 && part.slice(1 - TRIGRAM).join('') !== characters.slice(0, -1).join('')) return undefined;
    part = part.length > 0 ? [...part, characters[TRIGRAM - 1] as string] : characters;
  }
  return part.join('');
}

/** Returns a query of the places behind all pieces of a column but the last, which are apart by so many characters. */
function betweenSql(pieces: string, apart: number): string {
  return (
    `SELECT at FROM (SELECT (sum(char_length(one) + ${apart}) OVER w)::int4 - ${apart} + 1 AS at, ` +
    `lead(one) OVER w IS NULL AS is_last FROM ${pieces} WITH ORDINALITY AS c (one, nth) WINDOW w AS (ORDER BY nth)) AS p ` +
    'WHERE NOT is_last'
  );
}

/** Returns a regular expression for the beginnings of a part. */
function aheadOf(part: string): string {
  return `(?=${part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')})`;
}

/** Whether a part can begin again before it ends. */
function overlapsItself(part: string): boolean {
  const characters = Array.from(part);
  return characters.some((_, at) => at > 0 && part.startsWith(characters.slice(at).join('')));
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function escaped(part: string): string {
  return part.replace(/[\\%_]/g, '\\$&');
}
