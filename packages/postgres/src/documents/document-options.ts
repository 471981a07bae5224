import { checkOptions } from '@kohakuvault/core-native/internal';
import {
  DOCUMENT_RULES,
  type DocumentSettings,
  documentSettings,
  type SharedDocumentOptions,
} from '@kohakuvault/text/internal';
import { partitionsRule } from '../schema/partitions.ts';

/** The options of documents on PostgreSQL. They mean what they mean for a local `DocumentVault`. */
export interface PostgresDocumentsOptions extends SharedDocumentOptions {
  /** Into how many hash partitions the tables are divided if they are made now. Default: what the store says. */
  partitions?: number | undefined;
}

export interface CheckedDocumentsOptions extends DocumentSettings {
  readonly partitions: number;
}

const OPTION_RULES = { ...DOCUMENT_RULES, partitions: partitionsRule };

export function checkDocumentsOptions(
  options: PostgresDocumentsOptions | undefined,
  partitionsOfStore: number,
): CheckedDocumentsOptions {
  checkOptions('documents', options, OPTION_RULES);
  const { partitions = partitionsOfStore, ...shared } = options ?? {};
  return { ...documentSettings('documents', shared), partitions };
}
