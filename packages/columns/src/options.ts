import { checkOptions, describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import type { Int64 } from '@kohakuvault/packer';
import type { Layout } from './elements/column-store.ts';
import { COMPRESSIONS, type Compression } from './elements/compression.ts';
import type { ChunkLimits } from './tables/limits.ts';

export interface ColumnVaultOptions extends ConnectionOptions {
  /** The bytes of a new column's first chunk. Default 256. */
  minChunkBytes?: number | undefined;
  /** The bytes up to which chunks of a new column grow. Default 256 KiB; for elements that vary in size 4 MiB. */
  maxChunkBytes?: number | undefined;
  /**
   * The tables of a file that has no columns yet: those of Python 0.4 to 0.9, or those of Python 1.x. A file with columns
   * keeps its own. Default '0.7'.
   */
  layout?: Layout | undefined;
  /** The bytes of elements that stay in memory after reading, for all columns of the file together. Default 64 MiB. */
  residentBytes?: number | undefined;
}

export interface ColumnOptions<I extends Int64 = Int64> {
  /** The type that elements of `i64` and `u64` are read as. Default 'bigint'. It is not stored. */
  int64?: I | undefined;
  /** In which tables the column is. Default: the vault's layout, and then the other one. */
  layout?: Layout | undefined;
  /** A JSON Schema that the documents of a `msgpack` or `cbor` column must match. It is not stored. */
  schema?: object | undefined;
}

export interface NewColumnOptions<I extends Int64 = Int64> extends ColumnOptions<I> {
  /**
   * Whether the documents of a `msgpack` or `cbor` column are records: the keys of objects are stored once in the file.
   * Only this package reads such a column. Default false.
   */
  records?: boolean | undefined;
  /**
   * Stores the elements in fewer bytes: 'delta' for numbers, 'zstd' for texts and everything else. Only this package reads
   * such a column. Default: no compression.
   */
  compression?: Compression | undefined;
  /** The bytes of the first chunk. Default: the vault's. */
  minChunkBytes?: number | undefined;
  /** The bytes up to which chunks grow. Default: the vault's. */
  maxChunkBytes?: number | undefined;
}

/** The largest value of the limits. A chunk is one BLOB, and an SQLite row has at most a billion bytes. */
const LARGEST_CHUNK = 512 * 1024 * 1024;

const LIMIT_RULES = {
  minChunkBytes: rules.wholeNumber(1, LARGEST_CHUNK),
  maxChunkBytes: rules.wholeNumber(1, LARGEST_CHUNK),
};
const LAYOUT_RULES = { layout: rules.oneOf('0.7', '1.x') };
const VAULT_RULES = { ...LIMIT_RULES, ...LAYOUT_RULES, residentBytes: rules.wholeNumber(0) };
const VALUE_RULES = {
  ...LAYOUT_RULES,
  int64: rules.oneOf('bigint', 'number'),
  schema: { expected: 'a JSON Schema (an object)', accepts: (value: unknown) => typeof value === 'object' },
};

const KIB = 1024;

/** The limits of new columns. */
export interface LimitsByKind {
  /** Of columns whose elements have one size. */
  readonly fixed: ChunkLimits;
  /** Of columns whose elements vary in size. */
  readonly variable: ChunkLimits;
}

/**
 * The first chunk is short, so that a file can have very many short columns. Each next size is twice as long, so a long
 * column has been copied less than twice when it has all its elements. The last size is such that SQLite, which walks a
 * BLOB page by page, finds any place of it soon. Python's `extend` takes no element that is longer than a chunk.
 */
const DEFAULT_LIMITS: LimitsByKind = {
  fixed: { minChunkBytes: 256, maxChunkBytes: 256 * KIB },
  variable: { minChunkBytes: 256, maxChunkBytes: 4096 * KIB },
};

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: ColumnVaultOptions | undefined): {
  limits: LimitsByKind;
  residentBytes: number;
  layout: Layout | undefined;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('ColumnVault', options, VAULT_RULES);
  const { residentBytes = 64 * 1024 * 1024, layout, ...limits } = own;
  return {
    limits: limitsOf('ColumnVault', limits, DEFAULT_LIMITS),
    residentBytes,
    layout,
    connection,
  };
}

export function checkColumnOptions(owner: string, options: ColumnOptions | undefined): ColumnOptions {
  checkOptions(owner, options, VALUE_RULES);
  return options ?? {};
}

export function checkNewColumnOptions(owner: string, options: NewColumnOptions | undefined, defaults: LimitsByKind) {
  const compression = rules.oneOf(...COMPRESSIONS);
  checkOptions(owner, options, { ...VALUE_RULES, ...LIMIT_RULES, records: rules.boolean, compression });
  return { ...options, limits: limitsOf(owner, options ?? {}, defaults) };
}

/** Fills in missing limits. If only one is given, the other one is moved with it. */
function limitsOf(
  owner: string,
  { minChunkBytes: min, maxChunkBytes: max }: Pick<NewColumnOptions, 'minChunkBytes' | 'maxChunkBytes'>,
  defaults: LimitsByKind,
): LimitsByKind {
  if (min !== undefined && max !== undefined && min > max) {
    throw new InvalidArgument(`${owner}: minChunkBytes is ${describe(min)}; expected at most maxChunkBytes, ${max}`);
  }
  const filledIn = ({ minChunkBytes, maxChunkBytes }: ChunkLimits) => ({
    minChunkBytes: min ?? Math.min(minChunkBytes, max ?? maxChunkBytes),
    maxChunkBytes: max ?? Math.max(maxChunkBytes, min ?? 0),
  });
  return { fixed: filledIn(defaults.fixed), variable: filledIn(defaults.variable) };
}
