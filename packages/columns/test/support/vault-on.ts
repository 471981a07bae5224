import { ColumnVault, type ColumnVaultOptions } from '@kohakuvault/columns';
import { onTestFinished } from 'vitest';

/** Opens a vault, which is closed when the test ends. */
export function vaultOn(file: string, options?: ColumnVaultOptions): ColumnVault {
  const vault = new ColumnVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}
