/**
 * What sibling packages that keep texts elsewhere use, in exact versions. Nothing here is stable for other code. It opens
 * no SQLite.
 */
export type { AsyncDocumentVault } from './async-documents.ts';
export { asyncHybridSearch } from './async-hybrid-search.ts';
export type { AsyncTexts } from './async-texts.ts';
export type { Tokenizer } from './declaration.ts';
export {
  DOCUMENT_RULES,
  type DocumentSettings,
  documentSettings,
  type SharedDocumentOptions,
} from './document-rules.ts';
export {
  type DocumentPlan,
  type DocumentResult,
  type DocumentSearchOptions,
  planDocumentSearch,
} from './document-search.ts';
export type { DocumentChanges, WholeDocument } from './document-vault.ts';
export {
  type CopiedDocuments,
  type StoredChunk,
  type StoredDocumentRow,
  storedDocuments,
} from './documents/copied-documents.ts';
export { EMBEDDED_AT_ONCE, type Embed, embedAll } from './documents/embed.ts';
export { type EmbeddedChunk, embeddedChunks, joinedText } from './documents/embedded-chunks.ts';
export type { Comparable, FieldSql, SqlCondition } from './documents/field-sql.ts';
export { encodeFields, type FieldTypes, type FieldValue } from './documents/fields.ts';
export { type FoundChunk, foundChunks } from './documents/found-chunks.ts';
export { checkChanges, checkDocumentId, type DocumentInput, readDocuments } from './documents/input.ts';
export { checkModel, checkModelStays, type StoredModel } from './documents/model-rules.ts';
export { type CheckedReembed, checkReembed, type ReembedOptions } from './documents/reembed-options.ts';
export { conditionOf } from './documents/where.ts';
export { type Highlight, highlightsOf, type Snippet, snippetOf, type TextResult } from './found/explained.ts';
export type { DocumentPlaces, TextRange } from './found/places.ts';
export { orderBy, RANKED_BY_WORDS } from './found/whole-words.ts';
export type { Ranked } from './hybrid/fusion.ts';
export { depthsFor, type HybridResult, type HybridSearchOptions } from './hybrid/join.ts';
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
