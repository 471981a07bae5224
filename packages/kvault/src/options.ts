import { rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import type { KeyEncoding } from './keys/keys.ts';
import { chunkSizeRule } from './streams/options.ts';

export interface KVaultOptions extends ConnectionOptions {
  /** The table's name. Default 'kv', as in the Python package. */
  table?: string | undefined;
  /** Values of any kind are encoded; off, only bytes are taken, and given back as they are stored. Default true. */
  autoPack?: boolean | undefined;
  /** Encoded values are told apart by a header; off, they read back as bytes. Default true. */
  headers?: boolean | undefined;
  /** How keys come back. Default 'utf8'. */
  keyEncoding?: KeyEncoding | undefined;
  /** Bytes that streams handle at a time. Default 1 MiB. */
  chunkSize?: number | undefined;
  /** Stored values longer than this are kept in parts, which only KohakuVault puts together. Default 534,000,000. */
  maxBlobBytes?: number | undefined;
}

/**
 * SQLite's limit for a row is 1,000,000,000 bytes; better-sqlite3 sets it to the length of V8's longest string, 536,870,888. The
 * longest key has to fit into it as well.
 */
const LARGEST_BLOB = 534_000_000;
const LEAST_BLOB = 64;

const OWN_RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  autoPack: rules.boolean,
  headers: rules.boolean,
  keyEncoding: rules.oneOf('utf8', 'bytes'),
  chunkSize: chunkSizeRule,
  maxBlobBytes: rules.wholeNumber(LEAST_BLOB, LARGEST_BLOB),
};

interface OwnOptions {
  table: string;
  autoPack: boolean;
  headers: boolean;
  keyEncoding: KeyEncoding;
  chunkSize: number;
  maxBlobBytes: number;
}

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: KVaultOptions | undefined): { own: OwnOptions; connection: ConnectionOptions } {
  const { own, connection } = splitOptions('KVault', options, OWN_RULES);
  const {
    table = 'kv',
    autoPack = true,
    headers = true,
    keyEncoding = 'utf8',
    chunkSize = 1024 * 1024,
    maxBlobBytes = LARGEST_BLOB,
  } = own;
  return { own: { table, autoPack, headers, keyEncoding, chunkSize, maxBlobBytes }, connection };
}
