import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions, tableKey } from '@kohakuvault/core-native/internal/database';
import { type ValueEncoding, valueEncodingRule } from '@kohakuvault/packer/value';
import { TOKENIZER_NAMES, type Tokenizer, VALUE_REF } from './declaration.ts';
import { isName } from './names/is-name.ts';

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

/** The limits of FTS5. */
const MOST_COLUMNS = 1_000;
const MOST_PREFIXES = 31;
const LONGEST_PREFIX = 999;

/** The names that FTS5, vaults and JavaScript use themselves. */
const TAKEN: readonly string[] = [VALUE_REF, 'rank', 'rowid', '_rowid_', 'oid', '__proto__'];

const OWN_RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  columns: { expected: 'an array of names', accepts: Array.isArray },
  tokenizer: rules.oneOf(...TOKENIZER_NAMES),
  prefixes: {
    expected: `an array of up to ${MOST_PREFIXES} whole numbers from 1 to ${LONGEST_PREFIX}`,
    accepts: (value: unknown) =>
      Array.isArray(value) &&
      value.length <= MOST_PREFIXES &&
      value.every((length) => rules.wholeNumber(1, LONGEST_PREFIX).accepts(length)),
  },
  weights: {
    expected: 'an object with a number for each column',
    accepts: (value: unknown) => typeof value === 'object' && value !== null,
  },
  autoPack: rules.boolean,
  headers: rules.boolean,
  valueEncoding: valueEncodingRule,
};

/** Checks the options of a vault, and separates its own from those of its connection. */
export function optionsOf(options: TextVaultOptions<string> | undefined): {
  own: OwnOptions;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('TextVault', options, OWN_RULES);
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

function checkColumns(table: string, columns: readonly unknown[]): void {
  if (columns.length === 0 || columns.length > MOST_COLUMNS) {
    throw new InvalidArgument(`TextVault: columns has ${columns.length} names; expected 1 to ${MOST_COLUMNS}`);
  }
  const seen = new Set<string>();
  for (const name of columns) {
    if (typeof name !== 'string' || !isName(name)) {
      throw new InvalidArgument(
        `TextVault: a column is ${describe(name)}; expected letters, digits and _, and no digit first`,
      );
    }
    const key = tableKey(name);
    if (TAKEN.includes(key) || key === tableKey(table)) {
      throw new InvalidArgument(
        `TextVault: a column is ${describe(name)}, which ${key === tableKey(table) ? 'is the name of the table' : 'has a meaning in FTS5'}; ` +
          'choose another name',
      );
    }
    if (seen.has(key)) throw new InvalidArgument(`TextVault: columns has ${describe(name)} twice; give each name once`);
    seen.add(key);
  }
}

function weightsOf(columns: readonly string[], given: { [column: string]: unknown } | undefined): Float64Array {
  const numbers = new Float64Array(columns.length).fill(1);
  for (const [name, weight] of Object.entries(given ?? {})) {
    const place = columns.indexOf(name);
    if (place < 0) {
      throw new InvalidArgument(
        `TextVault: weights has ${describe(name)}; the columns are ${columns.map(describe).join(', ')}`,
      );
    }
    if (weight === undefined) continue;
    if (typeof weight !== 'number' || !(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgument(
        `TextVault: the weight of ${describe(name)} is ${describe(weight)}; expected a number, at least 0`,
      );
    }
    numbers[place] = weight;
  }
  return numbers.every((weight) => weight === 1) ? new Float64Array() : numbers;
}
