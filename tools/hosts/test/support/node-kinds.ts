import type { VaultKind } from '@kohakuvault/contract';
import type { ConnectionOptions, DatabaseSource, Vault } from '@kohakuvault/core-native/database';
import { classOf } from '@kohakuvault/core-native/internal/database';
import { kinds as columnKinds } from '../../../../packages/columns/test/support/contract-kinds.ts';
import { kinds as keyKinds } from '../../../../packages/kvault/test/support/contract-kinds.ts';
import { kinds as textKinds } from '../../../../packages/text/test/support/contract-kinds.ts';
import { kinds as vectorKinds } from '../../../../packages/vector/test/support/contract-kinds.ts';

/** The same kind of vault over Node's own SQLite. */
function overNode<V extends Vault>(kind: VaultKind<V>): VaultKind<V> {
  return {
    ...kind,
    name: `${kind.name}, over node:sqlite`,
    Database: classOf('node:sqlite'),
    open: (source: DatabaseSource, options?: ConnectionOptions) =>
      kind.open(source, typeof source === 'string' ? { driver: 'node:sqlite', ...options } : options),
    module: import.meta.url,
  };
}

// One of each package: how it encodes its items does not depend on the host.
const keyKind = overNode(keyKinds[0] as (typeof keyKinds)[number]);
const columnKind = overNode(columnKinds[0] as (typeof columnKinds)[number]);
const vectorKind = overNode(vectorKinds[0] as (typeof vectorKinds)[number]);
const textKind = overNode(textKinds[1] as (typeof textKinds)[number]);

export { columnKind, keyKind, textKind, vectorKind };
export const kinds = [keyKind, columnKind, vectorKind, textKind];
