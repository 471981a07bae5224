import { checkOptions, InvalidArgument } from '@kohakuvault/core-native/internal';
import { checkAutoOptions } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { checkColumns, TEXT_RULES, type Tokenizer, weightsOf } from '@kohakuvault/text/internal';
import { partitionsRule } from '../schema/partitions.ts';
import { storedEncodingOf } from '../schema/stored-as.ts';

/** The options of texts on PostgreSQL. They mean what they mean for a local `TextVault`. */
export interface PostgresTextsOptions<F extends string = 'content', E extends ValueEncoding = ValueEncoding> {
  /** The names of the texts that a document has, at most 32. Default ['content']. */
  columns?: readonly F[] | undefined;
  /**
   * How words are found: 'unicode61' by spaces and punctuation, 'porter' by their English stems, 'trigram' by any part, for
   * which the server needs pg_trgm, 'words' also in scripts without spaces. Default: that of the table, for a new table
   * 'unicode61'.
   */
  tokenizer?: Tokenizer | undefined;
  /** How much a match in each column counts. Default 1. */
  weights?: { readonly [column in F]?: number | undefined } | undefined;
  /** Whether to encode values of any kind. If false, values are bytes, which are stored unchanged. Default true. */
  autoPack?: boolean | undefined;
  /** Whether a header tells the encoding of a value. Default true. */
  headers?: boolean | undefined;
  /** How values are encoded. Default 'auto'. */
  valueEncoding?: E | undefined;
  /** Into how many hash partitions the table is divided if it is made now. Default: what the store says. */
  partitions?: number | undefined;
}

/** An index of PostgreSQL has at most so many columns. */
const MOST_COLUMNS = 32;
/** A name of PostgreSQL has 63 bytes, and ours has a prefix. */
const LONGEST_NAME = 60;

const { table: _table, prefixes: _prefixes, ...SHARED_RULES } = TEXT_RULES;
const OPTION_RULES = { ...SHARED_RULES, partitions: partitionsRule };

export interface CheckedTextsOptions {
  readonly columns: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  readonly weights: readonly number[];
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
  readonly partitions: number;
  /** The name of the table's encoding, for those who read and write its values as they are stored. */
  readonly storedEncoding: string | undefined;
}

export function checkTextsOptions(
  table: string,
  options: PostgresTextsOptions<string> | undefined,
  partitionsOfStore: number,
): CheckedTextsOptions {
  checkOptions('texts', options, OPTION_RULES);
  checkAutoOptions('texts', options ?? {});
  const { columns = ['content'], autoPack = true, headers = true, valueEncoding = 'auto' } = options ?? {};
  checkColumns(table, columns);
  if (columns.length > MOST_COLUMNS) {
    throw new InvalidArgument(
      `texts: columns has ${columns.length} names; an index of PostgreSQL takes up to ${MOST_COLUMNS}`,
    );
  }
  const long = columns.find((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long !== undefined) {
    throw new InvalidArgument(
      `texts: the column ${JSON.stringify(long)} has more than ${LONGEST_NAME} bytes; choose a shorter name`,
    );
  }
  const given = weightsOf(columns, options?.weights);
  return {
    columns: [...columns],
    tokenizer: options?.tokenizer,
    weights: columns.map((_, number) => given[number] ?? 1),
    autoPack,
    headers,
    valueEncoding,
    partitions: options?.partitions ?? partitionsOfStore,
    storedEncoding: storedEncodingOf(options),
  };
}
