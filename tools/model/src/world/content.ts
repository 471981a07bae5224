import type { ColumnVault } from '@kohakuvault/columns';
import type { KVault } from '@kohakuvault/kvault';
import type { TextVault } from '@kohakuvault/text';
import type { VectorKVault } from '@kohakuvault/vector';
import type { Content } from './helper-requests.ts';
import type { FileState } from './state.ts';

/** Returns what vaults read. */
export function contentOf(kv: KVault, columns: ColumnVault, vectors: VectorKVault, texts: TextVault): Content {
  return {
    kv: [...kv.entries()],
    columns: columns
      .listColumns()
      .map(({ name, dtype }): [string, string, unknown[]] => [name, dtype, Array.from(columns.column(name).slice())])
      .sort(byName),
    vectors: [...vectors].map(([id, vector, value]) => [id, Array.from(vector as Float32Array), value]),
    texts: [...texts].map(([id, { content }, value]) => [id, content, value]),
  };
}

/** Returns what they should read. */
export function expectedContent({ kv, columns, vectors, texts }: FileState): Content {
  return {
    kv: [...kv].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    columns: [...columns]
      .map(([name, { dtype, stored }]): [string, string, unknown[]] => [name, dtype, stored])
      .sort(byName),
    vectors: [...vectors]
      .sort(([one], [other]) => Number(one - other))
      .map(([id, { vector, value }]) => [id, [...vector], value]),
    texts: [...texts].sort(([one], [other]) => Number(one - other)).map(([id, { text, value }]) => [id, text, value]),
  };
}

function byName([one]: [string, ...unknown[]], [other]: [string, ...unknown[]]): number {
  return one < other ? -1 : 1;
}
