import { checkOptions, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { NEVER, ttlRule } from './expiry/expiry-options.ts';
import type { KeyEncoding } from './keys/keys.ts';
import { type Limits, NO_LIMITS } from './limits/usage.ts';
import { checkAutoOptions, VALUE_RULES } from './value-options.ts';

export interface KVaultOptions<
  K extends KeyEncoding = KeyEncoding,
  A extends boolean = boolean,
  E extends ValueEncoding = ValueEncoding,
> extends ConnectionOptions {
  /** The table's name. Default 'kv', as in the Python package. */
  table?: string | undefined;
  /**
   * Whether values of any kind are encoded. If not, a vault takes only bytes, and returns them as they are stored.
   * Default true.
   */
  autoPack?: A | undefined;
  /**
   * Whether encoded values have a header that tells their encoding. Without it they are read as bytes. Default true.
   */
  headers?: boolean | undefined;
  /**
   * How values are encoded. 'auto' takes any value, and the Python package reads most of them. The others have one
   * encoding for the whole table, whose name the file keeps: 'msgpack' (msgpackr) and 'cbor' (cbor-x) store rows of one
   * shape without their keys, 'json', 'utf8' and 'binary' are what other programs read, and `{ name, encode, decode }`
   * is a codec of your own. Default 'auto'.
   */
  valueEncoding?: E | undefined;
  /** How keys come back: 'utf8' gives strings, 'bytes' gives Buffers. Default 'utf8'. */
  keyEncoding?: K | undefined;
  /** The number of bytes that streams handle at a time. Default 1 MiB. */
  chunkSize?: number | undefined;
  /**
   * The largest value, in stored bytes, that is kept in one row, where Python reads it too. Longer values are kept in
   * parts, which only this package reads. At most 534,000,000. Default 8 MiB.
   */
  maxBlobBytes?: number | undefined;
  /** After how many milliseconds an entry expires, unless the call that writes it says otherwise. Default: never. */
  ttl?: number | undefined;
  /** How many entries the table has at most: a write removes those that were used least recently. Default: any number. */
  maxEntries?: number | undefined;
  /** How many bytes the keys and values of the table take at most, in the same way. Default: any number. */
  maxBytes?: number | undefined;
}

/** How `compact` rewrites a table. */
export interface CompactOptions {
  /** The order in which rows lie afterwards: that of their keys, which is the only one. */
  order?: 'keys' | undefined;
}

export function checkCompactOptions(method: string, options: CompactOptions | undefined): void {
  checkOptions(method, options, { order: rules.oneOf('keys') });
}

/**
 * The largest value of a row. SQLite's limit for a row is 1,000,000,000 bytes; better-sqlite3 lowers it to the length
 * of V8's longest string, 536,870,888. The largest key must fit into the row as well.
 */
const LARGEST_BLOB = 534_000_000;
const LEAST_BLOB = 64;
/**
 * SQLite finds a byte of a row by walking the row's pages from the first on, and writes a row in one transaction. So a
 * long row makes ranges slow and other writers wait.
 */
const DEFAULT_BLOB = 8 * 1024 * 1024;

const OWN_RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  ...VALUE_RULES,
  maxBlobBytes: rules.wholeNumber(LEAST_BLOB, LARGEST_BLOB),
  ttl: ttlRule,
  maxEntries: rules.wholeNumber(1),
  maxBytes: rules.wholeNumber(1),
};

interface OwnOptions {
  table: string;
  autoPack: boolean;
  headers: boolean;
  valueEncoding: ValueEncoding;
  keyEncoding: KeyEncoding;
  chunkSize: number;
  maxBlobBytes: number;
  ttl: number;
  /** undefined without limits. */
  limits: Limits | undefined;
}

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: KVaultOptions | undefined): { own: OwnOptions; connection: ConnectionOptions } {
  const { own, connection } = splitOptions('KVault', options, OWN_RULES);
  const {
    table = 'kv',
    autoPack = true,
    headers = true,
    valueEncoding = 'auto',
    keyEncoding = 'utf8',
    chunkSize = 1024 * 1024,
    maxBlobBytes = DEFAULT_BLOB,
    ttl = NEVER,
    maxEntries = NO_LIMITS.maxEntries,
    maxBytes = NO_LIMITS.maxBytes,
  } = own;
  checkAutoOptions('KVault', own);
  const limits = own.maxEntries === undefined && own.maxBytes === undefined ? undefined : { maxEntries, maxBytes };
  return {
    own: { table, autoPack, headers, valueEncoding, keyEncoding, chunkSize, maxBlobBytes, ttl, limits },
    connection,
  };
}
