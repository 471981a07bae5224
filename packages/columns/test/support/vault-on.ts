import { ColumnVault } from '@kohakuvault/columns';
import { onTestFinished } from 'vitest';

/** Opens a vault, which is closed when the test ends. */
export function vaultOn(file: string): ColumnVault {
  const vault = new ColumnVault(file);
  onTestFinished(() => vault.close());
  return vault;
}
