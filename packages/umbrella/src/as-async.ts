import { type AsyncColumns, ColumnVault, asAsync as ofColumns } from '@kohakuvault/columns';
import { type AsyncKVault, type KeyEncoding, type KVault, asAsync as ofKVault } from '@kohakuvault/kvault';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import {
  type AsyncDocumentVault,
  type AsyncTexts,
  DocumentVault,
  asAsync as ofTexts,
  TextVault,
} from '@kohakuvault/text';
import {
  type AsyncVectors,
  type FieldTypes,
  type IdKind,
  asAsync as ofVectors,
  VectorKVault,
} from '@kohakuvault/vector';

/** Returns a vault of this thread with the interface of vaults on a server, for code that runs on both. */
export function asAsync<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  vault: KVault<V, K, A, E>,
): AsyncKVault<V, K, A, E>;
export function asAsync(vault: ColumnVault): AsyncColumns;
export function asAsync<V, F extends string, E extends ValueEncoding>(vault: TextVault<V, F, E>): AsyncTexts<V, F, E>;
export function asAsync<V>(vault: DocumentVault<V>): AsyncDocumentVault<V>;
export function asAsync<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind>(
  vault: VectorKVault<V, E, F, K>,
): AsyncVectors<V, E, F, K>;
export function asAsync(vault: unknown): unknown {
  if (vault instanceof ColumnVault) return ofColumns(vault);
  if (vault instanceof TextVault) return ofTexts(vault);
  if (vault instanceof DocumentVault) return ofTexts(vault);
  if (vault instanceof VectorKVault) return ofVectors(vault);
  return ofKVault(vault as KVault);
}
