import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { FieldType, FieldTypes } from '@kohakuvault/vector';

/** Returns fields as JSON has them: integers that are not safe, and infinite numbers, as text. */
export function jsonFields(fields: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, jsonField(value)]));
}

function jsonField(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Returns the fields of a record as a vault takes them. */
export function fieldsOfRecord(record: unknown, types: FieldTypes | undefined): Record<string, unknown> {
  const given = (record as { fields?: unknown }).fields;
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidArgument('its "fields" is not an object');
  }
  if (!types) throw new InvalidArgument('it has "fields", and the table has none; declare them with --fields');
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fieldOf(value, types[name])]));
}

function fieldOf(value: unknown, type: FieldType | undefined): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'i64' && /^-?\d{1,19}$/.test(value)) return BigInt(value);
  return type === 'f64' && /^-?Infinity$/.test(value) ? Number(value) : value;
}

/** Reads a declaration of fields: `year:i64,author:str`. */
export function parseFieldTypes(text: string): FieldTypes {
  const types: Record<string, FieldType> = {};
  for (const part of text.split(',')) {
    const [, name, type] = /^(.+):(i64|f64|str|bool)$/.exec(part.trim()) ?? [];
    if (name === undefined) {
      throw new InvalidArgument(
        `--fields has ${JSON.stringify(part)}; expected name:type with i64, f64, str or bool, such as year:i64,author:str`,
      );
    }
    types[name] = type as FieldType;
  }
  return types;
}
