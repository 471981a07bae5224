import type { FieldTypes, Metric, VectorKVault } from '@kohakuvault/vector';

/** A vault of vectors with ids of text, as the frameworks have them. */
export type TextIdVault<V> = VectorKVault<V, 'auto', FieldTypes, 'str'>;

export interface TextIdRow<V> {
  readonly id: string;
  readonly vector: readonly number[];
  readonly value: V;
}

/** Writes vectors in place of those with their ids, in one transaction. If an id comes twice, the last one counts. */
export function replaceRows<V>(vault: TextIdVault<V>, rows: readonly TextIdRow<V>[]): void {
  const last = new Map(rows.map((row) => [row.id, row]));
  vault.transaction(() => {
    vault.deleteMany(last.keys());
    vault.insertMany(Array.from(last.values(), ({ id, vector, value }) => [vector, value, { id }] as const));
  });
}

/** Returns how alike a vector is, from its distance: more is nearer. */
export function scoreOf(metric: Metric, distance: number): number {
  switch (metric) {
    case 'cosine':
      return 1 - distance;
    case 'dot':
      return -distance;
    default:
      return 1 / (1 + distance);
  }
}
