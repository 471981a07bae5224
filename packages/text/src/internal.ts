/**
 * What sibling packages that keep texts elsewhere use, in exact versions. Nothing here is stable for other code. It opens
 * no SQLite.
 */
export type { AsyncDocumentVault } from './async-documents.ts';
export { asyncHybridSearch } from './async-hybrid-search.ts';
export type { AsyncTexts } from './async-texts.ts';
export type { Tokenizer } from './declaration.ts';
export { type Highlight, highlightsOf, type Snippet, snippetOf, type TextResult } from './found/explained.ts';
export type { DocumentPlaces, TextRange } from './found/places.ts';
export { orderBy, RANKED_BY_WORDS } from './found/whole-words.ts';
export type { HybridResult, HybridSearchOptions } from './hybrid/join.ts';
export { hasSpaceless, isWhole } from './match/segments.ts';
export {
  planQuery,
  planSearch,
  type QueryPlan,
  type SearchPlan,
  type TextFilter,
  type TextQueryOptions,
  type TextSearchOptions,
} from './search-options.ts';
export { checkSuggest, normalized, type Suggestion } from './suggestions.ts';
export { checkColumns, TEXT_RULES, weightsOf } from './text-rules.ts';
export type { StoredDocument, TextChanges, TextInfo } from './text-vault.ts';
export { TextColumns, type Texts } from './texts.ts';
