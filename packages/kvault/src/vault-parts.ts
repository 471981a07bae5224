import {
  type Connection,
  type DatabaseSource,
  type KvTable,
  openVault,
  readsStored,
  structuresOf,
} from '@kohakuvault/core-native/internal/database';
import { endDeadWatches } from './changes/watchers.ts';
import { type Feature, registerFeatures } from './features.ts';
import type { KeySpace } from './keys/key-space.ts';
import { type KeyEncoding, type KeyOf, keyText } from './keys/keys.ts';
import { type KVaultOptions, optionsOf } from './options.ts';
import { removeDeadSpools } from './streams/in/spool.ts';
import { removeDeadUploads } from './streams/in/upload.ts';
import { StreamContext } from './streams/stream-context.ts';
import { Entries } from './table/entries.ts';
import { type KeyPlace, keyOf } from './table/scan.ts';
import { SharedTable } from './table/shared-table.ts';
import { openEntryTable } from './table/table.ts';
import { type KeyedCodec, keyedCodec } from './values/keyed-codec.ts';
import { VaultKeys } from './vault-keys.ts';

/** What a vault is made of. Its sublevels have the same. */
export interface Parts {
  readonly connection: Connection;
  readonly table: string;
  readonly keyEncoding: KeyEncoding;
  readonly ttl: number;
  readonly rows: KvTable;
  readonly codec: KeyedCodec;
  readonly entries: Entries;
  readonly streams: StreamContext;
  readonly shared: SharedTable;
}

/** What a vault works with: what it is made of, and which keys it has. */
export interface VaultSetup<K extends KeyEncoding> extends Parts {
  readonly keys: VaultKeys<K>;
}

/** Stands for the source of a vault that is a sublevel of another one. */
export class Sublevel {
  readonly parts: Parts;
  readonly space: KeySpace;
  readonly ttl: number;

  constructor(parts: Parts, space: KeySpace, ttl: number) {
    this.parts = parts;
    this.space = space;
    this.ttl = ttl;
  }
}

/** Opens the table of a vault. A sublevel has that of the vault it is made from. */
export function setupOf<K extends KeyEncoding>(
  source: DatabaseSource,
  options: KVaultOptions | undefined,
): VaultSetup<K> {
  const sublevel = source instanceof Sublevel ? source : undefined;
  const parts = sublevel?.parts ?? partsOf(source, options);
  const { table, keyEncoding } = parts;
  const { space, ttl } = sublevel ?? { space: undefined, ttl: parts.ttl };
  return { ...parts, keys: new VaultKeys<K>({ table, space, ttl, keyOf: keyReader(keyEncoding as K, space) }) };
}

function partsOf(source: DatabaseSource, options: KVaultOptions | undefined): Parts {
  const { own, connection: given } = optionsOf(options);
  const { table, chunkSize, maxBlobBytes, keyEncoding, ttl, limits } = own;
  return openVault(source, given, (connection) => {
    const codec = keyedCodec(table, own, () => structuresOf(connection));
    openEntryTable(connection, table);
    const { untrusted } = connection.shared;
    if (untrusted) codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
    removeDeadSpools(connection);
    registerFeatures(connection, ...asked(options));
    const shared = SharedTable.of(connection, table, maxBlobBytes, limits);
    const { rows, values } = shared;
    if (!readsStored(options)) shared.agreeOnEncoding(connection, codec.encoding);
    removeDeadUploads(connection, values);
    const entries = new Entries({ connection, shared, codec, maxBlobBytes, isLimited: limits !== undefined });
    const streams = new StreamContext({ connection, table, values, codec, chunkSize, maxBlobBytes, entries });
    endDeadWatches(connection);
    return { connection, table, keyEncoding, ttl, rows, codec, entries, streams, shared };
  });
}

function textOf({ memory, keyStart, keyEnd }: KeyPlace): string {
  return keyText(memory, keyStart, keyEnd);
}

/** How a vault reads the keys of rows. */
const KEY_READERS: { [E in KeyEncoding]: (row: KeyPlace) => KeyOf<E> } = { utf8: textOf, bytes: keyOf };

/** Returns how a vault, or a sublevel, reads the keys of rows. */
function keyReader<K extends KeyEncoding>(encoding: K, space: KeySpace | undefined): (row: KeyPlace) => KeyOf<K> {
  if (space === undefined) return KEY_READERS[encoding];
  const skipped = space.prefix.length;
  const read = ({ memory, keyStart, keyEnd }: KeyPlace) =>
    encoding === 'utf8'
      ? keyText(memory, keyStart + skipped, keyEnd)
      : Buffer.from(memory.subarray(keyStart + skipped, keyEnd));
  return read as (row: KeyPlace) => KeyOf<K>;
}

/** Returns the features that the options ask for explicitly. */
function asked(options: KVaultOptions | undefined): Feature[] {
  const features: Feature[] = [];
  if (options?.headers) features.push('headers_v1');
  if (options?.autoPack) features.push('auto_pack_v1');
  return features;
}
