import { type DatabaseSource, VectorKVault, type VectorKVaultOptions } from '@kohakuvault/vector';
import { onTestFinished } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

/** Opens a vault that is closed after the test. */
// biome-ignore lint/suspicious/noExplicitAny: as in the class.
export function vaultOf<V = any>(
  options: Partial<VectorKVaultOptions> = {},
  source: DatabaseSource = tempFile(),
): VectorKVault<V> {
  const vault = new VectorKVault<V>(source, { dimensions: 4, ...options });
  onTestFinished(() => vault.close());
  return vault;
}
