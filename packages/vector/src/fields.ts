import { closest, describe, InvalidArgument, type OptionRule } from '@kohakuvault/core-native/internal';
import { quoteIdentifier, tableKey } from '@kohakuvault/core-native/internal/database';
import { GREATEST_ID, LEAST_ID } from './ids.ts';

/** The type of a field beside the value: a 64-bit integer, a number, text, or true and false. */
export type FieldType = 'i64' | 'f64' | 'str' | 'bool';
/** The fields of a table, and their types. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

/** What a field of a type accepts. */
export type FieldInput<T extends FieldType> = T extends 'i64'
  ? number | bigint
  : T extends 'f64'
    ? number
    : T extends 'str'
      ? string
      : boolean;

/** What a field of a type is read as. */
export type FieldOutput<T extends FieldType> = T extends 'i64' ? bigint : FieldInput<T>;

/** Fields as they are written. One that is left out, or null, is missing. */
export type FieldsInput<F extends FieldTypes> = string extends keyof F
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof F]?: FieldInput<F[K]> | null | undefined };

/** Fields as they are read. A missing one is left out. */
export type FieldsOutput<F extends FieldTypes> = string extends keyof F
  ? // biome-ignore lint/suspicious/noExplicitAny: the types are known to the file only.
    Record<string, any>
  : { [K in keyof F]?: FieldOutput<F[K]> };

/** The name of a field; any, if the types are known to the file only. */
export type FieldName<F extends FieldTypes> = string extends keyof F ? string : keyof F & string;

/** A field in the file. Null if it is missing. */
export type StoredField = bigint | number | string | null;

const TYPES: Readonly<Record<FieldType, { sql: string; expected: string; accepts(value: unknown): boolean }>> = {
  i64: {
    sql: 'INTEGER',
    expected: 'a safe integer, or a 64-bit bigint',
    accepts: (value) =>
      typeof value === 'bigint' ? value <= GREATEST_ID && value >= LEAST_ID : Number.isSafeInteger(value),
  },
  f64: {
    sql: 'REAL',
    expected: 'a number that is not NaN',
    accepts: (value) => typeof value === 'number' && !Number.isNaN(value),
  },
  str: {
    sql: 'TEXT',
    expected: 'text without NUL and without half a surrogate pair',
    accepts: (value) => typeof value === 'string' && !value.includes('\0') && value.isWellFormed(),
  },
  bool: { sql: 'INTEGER', expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
};

/** Names that mean the row's id in SQL or to `insert`, and one that JavaScript's objects do not keep. */
const RESERVED = ['id', 'rowid', '_rowid_', 'oid', '__proto__'];
/** SQLite's tables have up to 2,000 columns, but each field costs an index. */
const MOST_FIELDS = 64;

/** Whether something declares fields. Names are checked by `checkFieldTypes`. */
export const fieldTypesRule: OptionRule = {
  expected: `an object that names the type of each field: { year: 'i64', author: 'str' }`,
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** Checks a declaration of fields. Returns a copy. */
export function checkFieldTypes(owner: string, given: object): FieldTypes {
  const entries = Object.entries(given);
  if (entries.length === 0 || entries.length > MOST_FIELDS) {
    throw new InvalidArgument(`${owner}: fields declares ${entries.length} fields; expected 1 to ${MOST_FIELDS}`);
  }
  const names = new Map<string, string>();
  for (const [name, type] of entries) {
    if (!Object.hasOwn(TYPES, type as string)) {
      throw new InvalidArgument(
        `${owner}: the type of the field ${describe(name)} is ${describe(type)}; expected 'i64', 'f64', 'str' or 'bool'`,
      );
    }
    quoteIdentifier(name);
    if (RESERVED.includes(tableKey(name)) || name.startsWith('$')) {
      throw new InvalidArgument(`${owner}: a field cannot be called ${describe(name)}; choose another name`);
    }
    const other = names.get(tableKey(name));
    if (other !== undefined) {
      throw new InvalidArgument(
        `${owner}: ${describe(other)} and ${describe(name)} differ only in the case of letters`,
      );
    }
    names.set(tableKey(name), name);
  }
  return Object.fromEntries(entries) as FieldTypes;
}

/** Returns how SQL declares the column of a field. */
export function columnOf(name: string, type: FieldType): string {
  return `${quoteIdentifier(name)} ${TYPES[type].sql}`;
}

/** Returns the type of a field that a caller names. */
export function typeOfField(owner: string, types: FieldTypes, name: string): FieldType {
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type !== undefined) return type;
  const names = Object.keys(types);
  if (names.length === 0) {
    throw new InvalidArgument(
      `${owner}: there is no field ${describe(name)}, because the table has no fields; declare them by { fields } when ` +
        'the vault is opened',
    );
  }
  const near = closest(name, names);
  throw new InvalidArgument(
    `${owner}: there is no field ${describe(name)}; ${near === undefined ? `the table has ${names.join(', ')}` : `did you mean ${near}?`}`,
  );
}

/** Checks the value of a field. Returns it as SQL has it. */
export function encodeField(owner: string, name: string, type: FieldType, value: unknown): Exclude<StoredField, null> {
  const { expected, accepts } = TYPES[type];
  if (!accepts(value)) {
    throw new InvalidArgument(`${owner}: the field ${name} is ${describe(value)}; expected ${expected}`);
  }
  if (type === 'i64') return BigInt(value as number | bigint);
  return type === 'bool' ? BigInt(value as boolean) : (value as number | string);
}

/** Checks fields. Returns those that were given, as SQL has them. */
export function encodeFields(owner: string, types: FieldTypes, given: object): Map<string, StoredField> {
  const stored = new Map<string, StoredField>();
  for (const [name, value] of Object.entries(given)) {
    const type = typeOfField(owner, types, name);
    if (value === undefined) continue;
    stored.set(name, value === null ? null : encodeField(owner, name, type, value));
  }
  return stored;
}

/** Returns a field as a user reads it. */
export function decodeField(type: FieldType, stored: Exclude<StoredField, null>): bigint | number | string | boolean {
  if (type === 'bool') return Boolean(stored);
  return type === 'f64' ? Number(stored) : stored;
}
