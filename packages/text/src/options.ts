import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { Tokenizer } from './declaration.ts';
import { checkColumns, TEXT_RULES, weightsOf } from './text-rules.ts';

export interface TextVaultOptions<F extends string = 'content', E extends ValueEncoding = ValueEncoding>
  extends ConnectionOptions {
  /** The name of the table. Default 'text_vault', as in the Python package. */
  table?: string | undefined;
  /** The names of the texts that a document has. Default ['content']. */
  columns?: readonly F[] | undefined;
  /**
   * How words are found: 'unicode61' by spaces and punctuation, 'porter' by their English stems, 'trigram' by any three
   * characters, 'words' also in scripts without spaces. Default: that of the table, for a new table 'unicode61'.
   */
  tokenizer?: Tokenizer | undefined;
  /** The lengths of beginnings of words that get an index of their own, which makes searches for them faster. */
  prefixes?: readonly number[] | undefined;
  /** How much a match in each column counts. Default 1. */
  weights?: { readonly [column in F]?: number | undefined } | undefined;
  /** Whether to encode values of any kind. If false, values are bytes, which are stored unchanged. Default true. */
  autoPack?: boolean | undefined;
  /** Whether a header tells the encoding of a value. Without it, values read back as bytes. Default true. */
  headers?: boolean | undefined;
  /**
   * How values are encoded, as in a KVault: 'auto', 'msgpack', 'cbor', 'json', 'utf8', 'binary' or a codec of your own.
   * The file keeps the name. Default 'auto'.
   */
  valueEncoding?: E | undefined;
}

/** What a vault asks of the declaration of its table. What is undefined may be anything. */
export interface AskedDeclaration {
  readonly columns: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  readonly prefixes: readonly number[] | undefined;
}

export interface OwnOptions {
  table: string;
  asked: AskedDeclaration;
  /** A weight for each column; none if all are 1. */
  weights: Float64Array;
  autoPack: boolean;
  headers: boolean;
  valueEncoding: ValueEncoding;
}

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: TextVaultOptions<string> | undefined): {
  own: OwnOptions;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('TextVault', options, TEXT_RULES);
  const { table = 'text_vault', columns = ['content'], tokenizer, prefixes, weights } = own;
  const { autoPack = true, headers = true, valueEncoding = 'auto' } = own;
  checkColumns(table, columns);
  for (const name of ['autoPack', 'headers'] as const) {
    if (own[name] === undefined || valueEncoding === 'auto') continue;
    throw new InvalidArgument(
      `TextVault: ${name} is ${own[name]}, which belongs to valueEncoding 'auto'; leave it out for ` +
        (typeof valueEncoding === 'string' ? describe(valueEncoding) : 'a codec of your own'),
    );
  }
  return {
    own: {
      table,
      asked: { columns: [...columns], tokenizer, prefixes: prefixes && [...prefixes] },
      weights: weightsOf(columns, weights),
      autoPack,
      headers,
      valueEncoding,
    },
    connection,
  };
}
