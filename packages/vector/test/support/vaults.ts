import { type DatabaseSource, VectorKVault, type VectorKVaultOptions } from '@kohakuvault/vector';
import { onTestFinished } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

/** A vault that is closed with the test. */
// biome-ignore lint/suspicious/noExplicitAny: as the class.
export function vaultOf<V = any>(
  options: Partial<VectorKVaultOptions> = {},
  source: DatabaseSource = tempFile(),
): VectorKVault<V> {
  const vault = new VectorKVault<V>(source, { dimensions: 4, ...options });
  onTestFinished(() => vault.close());
  return vault;
}
