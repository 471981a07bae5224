import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';

/** One vault of each kind, on one file. */
export interface Vaults {
  readonly kv: KVault;
  readonly columns: ColumnVault;
  readonly vectors: VectorKVault<number>;
}

export function openVaults(file: string): Vaults {
  const kv = new KVault(file);
  return { kv, columns: new ColumnVault(kv), vectors: new VectorKVault<number>(kv, { dimensions: 4 }) };
}

/** Writes the same number to each vault, in one transaction. */
export function writeStep({ kv, columns, vectors }: Vaults, step: number): void {
  kv.transaction(() => {
    kv.set('step', step);
    columns.ensure('steps', 'i32').append(step);
    vectors.insert([step, 1, 0, 0], step);
  });
}
