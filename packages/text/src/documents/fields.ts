import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { isName } from '../names/is-name.ts';

/** The types that a field can be declared with. */
export type FieldType = 'i64' | 'f64' | 'str' | 'bool';
export type FieldValue = string | number | bigint | boolean | null;

/** The fields of documents and their types. Undefined: any fields. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

const ACCEPTS: Record<FieldType, { expected: string; accepts(value: unknown): boolean }> = {
  i64: { expected: 'a whole number', accepts: (value) => typeof value === 'bigint' || Number.isSafeInteger(value) },
  f64: { expected: 'a number', accepts: Number.isFinite },
  str: { expected: 'a string', accepts: (value) => typeof value === 'string' },
  bool: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
};
export const FIELD_TYPES = Object.keys(ACCEPTS);

const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 63n - 1n;

/** Checks the name of a field. */
export function checkField(owner: string, name: string, types: FieldTypes | undefined): void {
  if (!isName(name)) {
    throw new InvalidArgument(
      `${owner}: a field is ${describe(name)}; expected a name of letters, digits and _, and no digit first`,
    );
  }
  if (types && !Object.hasOwn(types, name)) {
    throw new InvalidArgument(
      `${owner}: there is no field ${describe(name)}; the fields are ${Object.keys(types).map(describe).join(', ')}`,
    );
  }
}

/** Checks a value that a field is given, or compared with. */
export function checkFieldValue(owner: string, name: string, value: unknown, types: FieldTypes | undefined): void {
  const type = types?.[name];
  if (value === null) return;
  if (type !== undefined) {
    const { expected, accepts } = ACCEPTS[type];
    if (accepts(value) && isStorable(value)) return;
    throw new InvalidArgument(`${owner}: the field ${describe(name)} is ${describe(value)}; expected ${expected}`);
  }
  if (isStorable(value)) return;
  throw new InvalidArgument(
    `${owner}: the field ${describe(name)} is ${describe(value)}; expected a string, a number, a boolean or null`,
  );
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= LEAST && value <= GREATEST;
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** Returns fields as the JSON that the file keeps. */
export function encodeFields(owner: string, fields: unknown, types: FieldTypes | undefined): string {
  if (fields === undefined) return '{}';
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new InvalidArgument(`${owner}: the fields are ${describe(fields)}; expected an object`);
  }
  const members = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      checkField(owner, name, types);
      checkFieldValue(owner, name, value, types);
      // JSON has no limit for whole numbers, but JSON.stringify refuses bigints.
      return `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`;
    });
  return `{${members.join(',')}}`;
}
