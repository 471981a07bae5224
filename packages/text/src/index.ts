export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native';
export type {
  BackupOptions,
  BackupResult,
  CheckpointMode,
  CheckpointResult,
  ConnectionOptions,
  DatabaseSource,
  RestoreOptions,
} from '@kohakuvault/core-native/database';
export { restore } from '@kohakuvault/core-native/database';
export type { IdRange, RowId } from '@kohakuvault/core-native/internal';
export { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
export { asAsync } from './as-async.ts';
export type { AsyncDocumentVault } from './async-documents.ts';
export { asyncHybridSearch } from './async-hybrid-search.ts';
export type { AsyncTexts } from './async-texts.ts';
export type { Tokenizer } from './declaration.ts';
export type { DocumentVaultOptions } from './document-options.ts';
export type { DocumentResult, DocumentSearchOptions } from './document-search.ts';
export { type DocumentChanges, DocumentVault, type WholeDocument } from './document-vault.ts';
export type { Embed } from './documents/embed.ts';
export type {
  FieldType as DocumentFieldType,
  FieldTypes as DocumentFieldTypes,
  FieldValue as DocumentFieldValue,
} from './documents/fields.ts';
export type { DocumentInput, Fields as DocumentFields } from './documents/input.ts';
export type { ReembedOptions } from './documents/reembed-options.ts';
export type { FieldCondition as DocumentCondition, Where as DocumentWhere } from './documents/where.ts';
export type { Highlight as TextHighlight, Snippet as TextSnippet, TextResult } from './found/explained.ts';
export type { Markers as TextMarkers, TextRange } from './found/places.ts';
export type { Fusion as HybridFusion } from './hybrid/fusion.ts';
export type { HybridResult, HybridSearchOptions } from './hybrid/join.ts';
export { hybridSearch } from './hybrid-search.ts';
export type {
  MergeOptions as TextMergeOptions,
  MergeResult as TextMergeResult,
  MergeStep as TextMergeStep,
} from './index-merge.ts';
export type { Match as TextMatch } from './match/expression.ts';
export type { TextVaultOptions } from './options.ts';
export type { TextFilter, TextQueryOptions, TextSearchOptions } from './search-options.ts';
export type { Suggestion as TextSuggestion } from './suggestions.ts';
export { type StoredDocument as StoredText, type TextChanges, type TextInfo, TextVault } from './text-vault.ts';
export type { Texts } from './texts.ts';
