import {
  type Comparable,
  encodeFields,
  type FieldSql,
  type FieldTypes,
  type FieldValue,
} from '@kohakuvault/text/internal';
import { quoteLiteral } from '../schema/names.ts';
import { storableText } from '../texts/storable-text.ts';

const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 63n - 1n;

/** Returns fields as the JSON that the server keeps. */
export function storableFields(owner: string, fields: unknown, types: FieldTypes | undefined): string {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return encodeFields(owner, fields, types);
  const storable = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? storableText(owner, value) : value,
  ]);
  return encodeFields(owner, Object.fromEntries(storable), types);
}

/** Reads the JSON of fields as the server has it. Whole numbers that would lose digits are bigints. */
export function readFields(json: string): Record<string, FieldValue> {
  const marked = json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (found) =>
    isLongNumber(found) ? `{"digits":"${found}"}` : found,
  );
  type Marked = FieldValue | { digits: string };
  const fields = Object.entries(JSON.parse(marked) as Record<string, Marked>);
  return Object.fromEntries(
    fields.map(([name, value]) => [name, isMarked(value) ? BigInt(value.digits) : (value as FieldValue)]),
  );
}

function isLongNumber(found: string): boolean {
  if (!/^-?\d+$/.test(found) || Number.isSafeInteger(Number(found))) return false;
  const number = BigInt(found);
  return number >= LEAST && number <= GREATEST;
}

function isMarked(value: unknown): value is { digits: string } {
  return typeof value === 'object' && value !== null;
}

/** How PostgreSQL compares the fields of documents `doc`, which are jsonb. */
export const pgFields: FieldSql = {
  always: 'true',
  never: 'false',
  exists: (name) => `(${fieldOf(name)}) IS NOT NULL`,
  isNull: (name) => `(${textOf(name)}) IS NULL`,
  isOneOf(name, values) {
    const parameters = values.flatMap(jsonsOf);
    const list = parameters.map(() => '?::jsonb').join(', ');
    return { sql: `coalesce(${fieldOf(name)} IN (${list}), false)`, parameters };
  },
  compares(name, operator, value) {
    const field = fieldOf(name);
    if (typeof value === 'string') {
      return {
        sql: `coalesce(jsonb_typeof(${field}) = 'string' AND (${textOf(name)}) COLLATE "C" ${operator} ?, false)`,
        parameters: [storableText('where', value)],
      };
    }
    const number =
      `CASE jsonb_typeof(${field}) WHEN 'number' THEN (${field})::numeric ` +
      `WHEN 'boolean' THEN (${field})::boolean::int4::numeric END`;
    return { sql: `coalesce(${number} ${operator} ?::numeric, false)`, parameters: [digitsOf(value)] };
  },
  not: (sql) => `NOT (${sql})`,
};

function fieldOf(name: string): string {
  return `doc.fields -> ${quoteLiteral(name)}`;
}

function textOf(name: string): string {
  return `doc.fields ->> ${quoteLiteral(name)}`;
}

/** Returns the JSON of what equals a value. */
function jsonsOf(value: Comparable): string[] {
  if (typeof value === 'string') return [JSON.stringify(storableText('where', value))];
  const digits = digitsOf(value);
  if (digits === '1') return [digits, 'true'];
  return digits === '0' ? [digits, 'false'] : [digits];
}

/** Returns all digits of a whole number: JavaScript prints zeros in place of some. */
function digitsOf(value: number | bigint): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}
