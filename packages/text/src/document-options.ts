import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import {
  DOCUMENT_RULES,
  type DocumentSettings,
  documentSettings,
  type SharedDocumentOptions,
} from './document-rules.ts';

export interface DocumentVaultOptions extends SharedDocumentOptions, ConnectionOptions {
  /** The name of the tables. Default 'documents'. */
  table?: string | undefined;
}

export interface DocumentOptions extends DocumentSettings {
  readonly table: string;
}

const OWN_RULES = {
  ...DOCUMENT_RULES,
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
};

export function documentOptionsOf(options: DocumentVaultOptions): {
  own: DocumentOptions;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('DocumentVault', options, OWN_RULES);
  const { table = 'documents', ...shared } = own;
  return { own: { ...documentSettings('DocumentVault', shared), table }, connection };
}
