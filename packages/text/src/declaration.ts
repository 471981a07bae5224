/** What the declaration of a table of texts says. */
export interface TextDeclaration {
  /** The columns of texts, without `value_ref`. */
  readonly columns: readonly string[];
  /** The name of the tokenizer, as the options of a vault have it. */
  readonly tokenizer: string;
  /** The lengths of beginnings of words that have an index of their own. */
  readonly prefixes: readonly number[];
}

/** The tokenizers that a vault can declare, and how a declaration spells them. FTS5 takes the first if it says nothing. */
const TOKENIZERS = {
  unicode61: undefined,
  porter: 'porter unicode61',
  trigram: 'trigram',
  words: 'kohakuvault_words',
} as const;

/** How a vault finds the words of a text. */
export type Tokenizer = keyof typeof TOKENIZERS;
export const TOKENIZER_NAMES = Object.keys(TOKENIZERS) as Tokenizer[];

/** The column that refers to the value of a document. */
export const VALUE_REF = 'value_ref';

/** Options of FTS5 under which a table does not hold what a vault needs. */
const REFUSED_OPTIONS: readonly string[] = ['content', 'contentless_delete', 'contentless_unindexed', 'columnsize'];

/** Returns how a table is declared, after `USING`. Without options it is the same as the Python package's. */
export function declarationOf({ columns, tokenizer, prefixes }: TextDeclaration): string {
  const spelled = TOKENIZERS[tokenizer as Tokenizer];
  return `fts5(${[
    ...columns.map((column) => `"${column}"`),
    `${VALUE_REF} UNINDEXED`,
    ...(spelled === undefined ? [] : [`tokenize = '${spelled}'`]),
    ...(prefixes.length === 0 ? [] : [`prefix = '${prefixes.join(' ')}'`]),
  ].join(', ')})`;
}

/** Reads the declaration of a table. Undefined if it is not one of a TextVault. */
export function readDeclaration(definition: string): TextDeclaration | undefined {
  const list = /\bUSING\s+fts5\s*\(([\s\S]*)\)\s*;?\s*$/i.exec(definition)?.[1];
  if (list === undefined) return undefined;
  const columns: { name: string; isUnindexed: boolean }[] = [];
  let tokenizer = 'unicode61';
  let prefixes: number[] = [];
  for (const item of itemsOf(list)) {
    const option = /^\s*(\w+)\s*=\s*([\s\S]*?)\s*$/.exec(item);
    if (!option) {
      const column =
        /^\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|[^\s"'`[]+)\s*(UNINDEXED)?\s*$/i.exec(item);
      if (!column) return undefined;
      columns.push({ name: unquoted(column[1] as string), isUnindexed: column[2] !== undefined });
      continue;
    }
    const name = (option[1] as string).toLowerCase();
    const value = unquoted(option[2] as string);
    if (REFUSED_OPTIONS.includes(name) || (name === 'detail' && value !== 'full')) return undefined;
    if (name === 'tokenize') tokenizer = nameOfTokenizer(value);
    if (name === 'prefix')
      prefixes = value
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number);
  }
  const last = columns.pop();
  if (last?.name.toLowerCase() !== VALUE_REF || !last.isUnindexed || columns.length === 0) return undefined;
  if (columns.some(({ isUnindexed }) => isUnindexed)) return undefined;
  return { columns: columns.map(({ name }) => name), tokenizer, prefixes };
}

/** Splits at the commas that are not in quotes. */
function itemsOf(list: string): string[] {
  return list.match(/(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|[^,])+/g) ?? [];
}

function unquoted(text: string): string {
  const [quote] = text;
  if (quote === '[') return text.slice(1, -1);
  if (quote !== '"' && quote !== "'" && quote !== '`') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

function nameOfTokenizer(spelled: string): string {
  const first = unquoted(/^\s*("[^"]*"|'[^']*'|\S+)/.exec(spelled)?.[1] ?? '');
  return first === TOKENIZERS.words ? 'words' : first.toLowerCase();
}
