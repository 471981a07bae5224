import { checkOptions, rules } from '@kohakuvault/core-native/internal';
import { checkAutoOptions, type KeyEncoding, NEVER, ttlRule, VALUE_RULES } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { partitionsRule } from '../schema/partitions.ts';
import { storedEncodingOf } from '../schema/stored-as.ts';

/** The options of a KVault on PostgreSQL. Those that a local vault has too mean the same. */
export interface PostgresKVaultOptions<
  K extends KeyEncoding = KeyEncoding,
  A extends boolean = boolean,
  E extends ValueEncoding = ValueEncoding,
> {
  /** Whether values of any kind are encoded. If not, the vault takes and returns bytes as they are stored. Default true. */
  autoPack?: A | undefined;
  /** Whether encoded values have a header that tells their encoding. Default true. */
  headers?: boolean | undefined;
  /** How values are encoded, as in a local vault. Default 'auto'. */
  valueEncoding?: E | undefined;
  /** How keys come back: 'utf8' gives strings, 'bytes' gives Buffers. Default 'utf8'. */
  keyEncoding?: K | undefined;
  /** The number of bytes that streams handle at a time. Default 256 KiB, the length of a part. */
  chunkSize?: number | undefined;
  /** The largest value, in stored bytes, that is kept in its row. Longer values are kept in parts. Default 256 KiB. */
  maxBlobBytes?: number | undefined;
  /** After how many milliseconds an entry expires, unless the call that writes it says otherwise. Default: never. */
  ttl?: number | undefined;
  /** Into how many hash partitions the tables are divided if they are made now. Default: what the store says. */
  partitions?: number | undefined;
}

export const PART_BYTES = 256 * 1024;

/** Rows of this length still fit a statement, with the text form in which they come back. */
const LARGEST_ROW = 64 * 1024 * 1024;

const OPTION_RULES = {
  ...VALUE_RULES,
  maxBlobBytes: rules.wholeNumber(64, LARGEST_ROW),
  ttl: ttlRule,
  partitions: partitionsRule,
};

export interface CheckedKVaultOptions {
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
  readonly keyEncoding: KeyEncoding;
  readonly chunkSize: number;
  readonly maxBlobBytes: number;
  readonly ttl: number;
  readonly partitions: number;
  /** The name of the table's encoding, for those who read and write its values as they are stored. */
  readonly storedEncoding: string | undefined;
}

export function checkKVaultOptions(
  options: PostgresKVaultOptions | undefined,
  partitionsOfStore: number,
): CheckedKVaultOptions {
  checkOptions('kvault', options, OPTION_RULES);
  checkAutoOptions('kvault', options ?? {});
  const storedEncoding = storedEncodingOf(options);
  const {
    autoPack = true,
    headers = true,
    valueEncoding = 'auto',
    keyEncoding = 'utf8',
    chunkSize = PART_BYTES,
    maxBlobBytes = PART_BYTES,
    ttl = NEVER,
    partitions = partitionsOfStore,
  } = options ?? {};
  return { autoPack, headers, valueEncoding, keyEncoding, chunkSize, maxBlobBytes, ttl, partitions, storedEncoding };
}
