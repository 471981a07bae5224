import { binaryVectorOf, lexemeOf, queryOf, vectorOf, type Wanted } from './lexemes.ts';
import { Parameters } from './parameters.ts';
import type { WordIndex } from './word-index.ts';

/** After all characters that a word can have. */
const LAST = '\u{10ffff}';

/** Keeps words as a `tsvector` with their places. */
export const lexemeIndex: WordIndex = {
  type: 'tsvector',
  indexed: (column) => column,
  prepare: async () => {},

  keep(text, tokenize) {
    const tokens = tokenize(text, 'document');
    return { cell: vectorOf(tokens), words: tokens.length };
  },

  keepBinary(text, tokenize) {
    const tokens = tokenize(text, 'document');
    return { cell: binaryVectorOf(tokens), words: tokens.length };
  },

  has: (column, words, parameters) => `${column} @@ ${parameters.add(queryOf(words), 'tsquery')}`,

  begins(column, words, parameters) {
    const firsts = words.map((word, nth) => {
      return `EXISTS (SELECT FROM unnest(${column}) AS w WHERE ${isWord(word, parameters)} AND ${nth + 1} = ANY (w.positions))`;
    });
    return `(${[this.has(column, words, parameters), ...firsts].join(' AND ')})`;
  },

  // Each place of a phrase is a cover without noise, which counts 1.
  count: (column, words, parameters) =>
    `ts_rank_cd('{1,1,1,1}', ${column}, ${parameters.add(queryOf(words), 'tsquery')})::float8`,

  places(column, words, parameters) {
    const ofWords = words.map(
      (word, nth) =>
        `SELECT place::int4 - ${nth} AS at FROM unnest(${column}) AS w, unnest(w.positions) AS place ` +
        `WHERE ${isWord(word, parameters)}`,
    );
    const [only] = ofWords;
    return ofWords.length === 1 ? `SELECT DISTINCT at FROM (${only}) AS one` : ofWords.join(' INTERSECT ');
  },

  terms(table, columns, beginning, k) {
    const query = literal(queryOf([{ term: beginning, isBeginning: true }]));
    const found = columns.map((column) => `d.${column} @@ ${query}::tsquery`).join(' OR ');
    // ts_stat takes a statement as a text.
    const read =
      `SELECT ${columns.map((column) => `d.${column}`).join(' || ')} FROM ${table} AS d` +
      (beginning === '' ? '' : ` WHERE ${found}`);
    const parameters = new Parameters();
    const text =
      `SELECT word AS term, ndoc AS documents FROM ts_stat(${literal(read)}) ` +
      `WHERE word >= ${parameters.add(beginning, 'text')} COLLATE "C" ` +
      `AND word < ${parameters.add(beginning + LAST, 'text')} COLLATE "C" ` +
      `ORDER BY ndoc DESC, word COLLATE "C" LIMIT ${parameters.add(k, 'int8')}`;
    return { text, parameters };
  },
};

/** A lexeme `w` of a tsvector is the wanted one. */
function isWord(word: Wanted, parameters: Parameters): string {
  const term = parameters.add(lexemeOf(word), 'text');
  return word.isBeginning ? `starts_with(w.lexeme, ${term})` : `w.lexeme = ${term}`;
}

/** Returns a text as SQL has it, whatever the server makes of a backslash. */
function literal(text: string): string {
  return ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
