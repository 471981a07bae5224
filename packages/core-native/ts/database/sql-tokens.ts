/** A token of a statement: a name, a number, or one character of anything else. */
export interface SqlToken {
  readonly text: string;
  /** Whether it is a name in quotes, which is not a keyword. */
  readonly quoted: boolean;
}

/** Comments, texts, quoted names, words and numbers, and single characters. Spaces are between them. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?<double>(?:[^"]|"")*)"|`(?<back>(?:[^`]|``)*)`|\[(?<square>[^\]]*)\]|(?<word>[\w$\u0080-\uffff]+)|(?<other>\S)/gu;

/** Splits a statement of the schema into tokens. Comments and texts are left out. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (const { groups = {} } of sql.matchAll(TOKEN)) {
    const quoted = groups.double ?? groups.back ?? groups.square;
    const text = quoted ?? groups.word ?? groups.other;
    if (text !== undefined) tokens.push({ text, quoted: quoted !== undefined });
  }
  return tokens;
}

/** The words after which a parenthesis does not belong to a function. */
const BEFORE_PARENTHESIS = new Set(
  'and or not in is between case when then else check where on collate null cast'.split(' '),
);
/** The operators that call a function. */
const CALLING = new Set(['like', 'glob', 'regexp', 'match', '->']);

/** Returns whether an expression calls a function. In doubt it does. */
export function callsFunction(tokens: readonly SqlToken[]): boolean {
  return tokens.some(({ text, quoted }, at) => {
    const word = text.toLowerCase();
    if (!quoted && CALLING.has(word)) return true;
    // The arrows of JSON.
    if (!quoted && text === '-' && tokens[at + 1]?.text === '>') return true;
    if (tokens[at + 1]?.text !== '(' || tokens[at + 1]?.quoted) return false;
    return quoted || (/^[\w$\u0080-\uffff]+$/u.test(text) && !BEFORE_PARENTHESIS.has(word));
  });
}
