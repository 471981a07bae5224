import type { TextResult } from '@kohakuvault/text';
import { bodyRules, checkBody } from '../api/body.ts';
import type { Params } from '../api/params.ts';
import type { Suggestions, TextHit, TextSearchRequest, TextSearchResult } from '../api/types.ts';
import type { AnyTexts, Valued, VaultFile } from '../file/vault-file.ts';
import { shownStored } from '../values/shown-stored.ts';
import { CELL } from '../values/value-node.ts';

const MATCHES = ['all', 'any', 'phrase', 'prefix', 'raw'] as const;
/** Characters before the first match, and of the whole snippet. */
const BEFORE = 80;
const SNIPPET = 360;
/** The most milliseconds that a search may take: it blocks the event loop meanwhile. */
const PATIENCE = 5_000;

const RULES = {
  table: bodyRules.text,
  query: bodyRules.text,
  match: bodyRules.oneOf(...MATCHES),
  columns: bodyRules.texts,
  k: bodyRules.whole(1, 200),
  offset: bodyRules.whole(0),
};

/** Finds documents by their words. */
export function textSearch(file: VaultFile, body: unknown): TextSearchResult {
  const request = checkBody<TextSearchRequest>('search', body, RULES, ['table', 'query']);
  const { table, query, match = 'all', columns, k = 20, offset = 0 } = request;
  const began = performance.now();
  return file.consistently(() => {
    const valued = file.texts(table);
    const how = {
      ...(match === 'prefix' ? { prefix: true } : { match }),
      ...(columns && columns.length > 0 && { columns }),
      timeout: PATIENCE,
    };
    const results = valued.vault.search(query, { ...how, k, offset, highlight: true });
    const total = valued.vault.count(query, how);
    return { results: results.map((one) => hitOf(valued, one)), total, ms: performance.now() - began };
  });
}

/** Returns what a list shows of a document that was found. */
export function hitOf({ decode }: Pick<Valued<AnyTexts>, 'decode'>, result: TextResult<Buffer, string>): TextHit {
  return {
    id: String(result.id),
    score: result.score,
    value: shownStored(decode, result.value, CELL),
    snippets: snippetsOf(result),
  };
}

/** Returns a piece of each column that matches, around its first match; of the first column if only others match. */
export function snippetsOf({ texts, highlights }: TextResult<Buffer, string>): TextHit['snippets'] {
  const found = Object.entries(highlights ?? {}).filter(([, { ranges }]) => ranges.length > 0);
  if (found.length === 0) {
    const [[column, text] = ['', '']] = Object.entries(texts);
    return [{ column, text: text.slice(0, SNIPPET), ranges: [], before: false, after: text.length > SNIPPET }];
  }
  return found.map(([column, { ranges }]) => {
    const text = texts[column] ?? '';
    const start = wordStart(text, Math.max(0, (ranges[0]?.[0] ?? 0) - BEFORE));
    const end = Math.min(text.length, start + SNIPPET);
    const inside = ranges.filter(([from, to]) => from >= start && to <= end);
    return {
      column,
      text: text.slice(start, end),
      ranges: inside.map(([from, to]) => ({ start: from - start, end: to - start })),
      before: start > 0,
      after: end < text.length,
    };
  });
}

/** Moves a place to the beginning of a word, if one is near. */
function wordStart(text: string, place: number): number {
  if (place === 0) return 0;
  const space = text.slice(place, place + 20).search(/\s/);
  return space < 0 ? place : place + space + 1;
}

/** Returns words that begin with a text. */
export function textSuggest(file: VaultFile, params: Params): Suggestions {
  const table = params.text('table');
  const prefix = params.text('prefix');
  const k = params.whole('k', { least: 1, most: 100 }) ?? 10;
  return { suggestions: file.texts(table).vault.suggest(prefix, k) };
}
