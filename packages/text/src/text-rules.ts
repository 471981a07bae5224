import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { valueEncodingRule } from '@kohakuvault/packer/value';
import { TOKENIZER_NAMES, VALUE_REF } from './declaration.ts';
import { isName } from './names/is-name.ts';

/** The limits of FTS5. */
const MOST_COLUMNS = 1_000;
const MOST_PREFIXES = 31;
const LONGEST_PREFIX = 999;

/** The names that FTS5, vaults and JavaScript use themselves. */
const TAKEN: readonly string[] = [VALUE_REF, 'rank', 'rowid', '_rowid_', 'oid', '__proto__'];

/** The rules of the options that say what a vault of texts holds, wherever it is stored. */
export const TEXT_RULES = {
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

/** Refuses what cannot be the columns of a table of texts. */
export function checkColumns(table: string, columns: readonly unknown[]): void {
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
    const key = keyOf(name);
    if (TAKEN.includes(key) || key === keyOf(table)) {
      throw new InvalidArgument(
        `TextVault: a column is ${describe(name)}, which ${key === keyOf(table) ? 'is the name of the table' : 'has a meaning in FTS5'}; ` +
          'choose another name',
      );
    }
    if (seen.has(key)) throw new InvalidArgument(`TextVault: columns has ${describe(name)} twice; give each name once`);
    seen.add(key);
  }
}

/** Returns a weight for each column; none if all are 1. */
export function weightsOf(columns: readonly string[], given: { [column: string]: unknown } | undefined): Float64Array {
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

/** Returns the same for names that SQLite takes for the same. */
function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
