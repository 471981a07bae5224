export interface Piece {
  readonly text: string;
  /** The class that colors it; empty for none. */
  readonly kind: string;
}

type Rule = readonly [pattern: RegExp, kind: string];

const JSON_RULES: readonly Rule[] = [
  [/"(?:[^"\\]|\\.)*"(?=\s*:)/y, 'hl-name'],
  [/"(?:[^"\\]|\\.)*"?/y, 'kind-text'],
  [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y, 'kind-number'],
  [/\b(?:true|false)\b/y, 'kind-truth'],
  [/\bnull\b/y, 'kind-none'],
];
const MARKUP_RULES: readonly Rule[] = [
  [/<!--[\s\S]*?(?:-->|$)/y, 'kind-none'],
  [/<[!?/]?[A-Za-z][\w:.-]*/y, 'hl-name'],
  [/\/?>/y, 'hl-name'],
  [/[\w:-]+(?=\s*=\s*["'])/y, 'kind-truth'],
  [/"[^"]*"|'[^']*'/y, 'kind-text'],
  [/&#?\w+;/y, 'kind-bigint'],
];
const MARKDOWN_RULES: readonly Rule[] = [
  [/^#{1,6} .*$/my, 'hl-name'],
  [/```[\s\S]*?(?:```|$)/y, 'kind-text'],
  [/`[^`\n]+`/y, 'kind-text'],
  [/\*\*[^*\n]+\*\*/y, 'hl-strong'],
  [/\[[^\]\n]*\]\([^)\n]*\)/y, 'kind-number'],
  [/^\s*(?:[-*+]|\d+\.) /my, 'kind-truth'],
  [/^> .*$/my, 'kind-none'],
];
const CSV_RULES: readonly Rule[] = [
  [/"(?:[^"]|"")*"/y, 'kind-text'],
  [/(?<=^|[,;\t])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,;\t]|$)/my, 'kind-number'],
  [/[,;\t]/y, 'kind-none'],
];
const SQL_RULES: readonly Rule[] = [
  [/--.*$/my, 'kind-none'],
  [/'(?:[^']|'')*'?/y, 'kind-text'],
  [/"(?:[^"]|"")*"?/y, 'kind-time'],
  [/\b\d+(?:\.\d+)?\b/y, 'kind-number'],
  [
    /\b(?:select|from|where|group|by|order|limit|offset|join|left|inner|on|as|and|or|not|in|is|null|like|between|case|when|then|else|end|with|distinct|having|union|all|desc|asc|explain|query|plan|pragma|values|exists|over|partition)\b/iy,
    'hl-name',
  ],
];

const LANGUAGES: Readonly<Record<string, readonly Rule[]>> = {
  json: JSON_RULES,
  html: MARKUP_RULES,
  svg: MARKUP_RULES,
  xml: MARKUP_RULES,
  markdown: MARKDOWN_RULES,
  csv: CSV_RULES,
  sql: SQL_RULES,
};

/** Longer texts are shown without colors. */
const LONGEST = 200_000;

/** Divides text of a language into pieces with colors. Text that no rule takes has none. */
export function highlight(text: string, language: string): Piece[] {
  const rules = LANGUAGES[language];
  if (!rules || text.length > LONGEST) return [{ text, kind: '' }];
  const pieces: Piece[] = [];
  let plainFrom = 0;
  let at = 0;
  while (at < text.length) {
    const found = matchAt(rules, text, at);
    if (!found) {
      at = /\w/.test(text[at] ?? '') ? endOfWord(text, at) : at + 1;
      continue;
    }
    if (at > plainFrom) pieces.push({ text: text.slice(plainFrom, at), kind: '' });
    pieces.push(found);
    at += found.text.length;
    plainFrom = at;
  }
  if (plainFrom < text.length) pieces.push({ text: text.slice(plainFrom), kind: '' });
  return pieces;
}

function matchAt(rules: readonly Rule[], text: string, at: number): Piece | undefined {
  for (const [pattern, kind] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) return { text: found, kind };
  }
  return undefined;
}

function endOfWord(text: string, from: number): number {
  const word = /\w+/y;
  word.lastIndex = from;
  return from + (word.exec(text)?.[0].length ?? 1);
}
