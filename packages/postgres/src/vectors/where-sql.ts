import { compileCondition, type FieldType, type FieldTypes } from '@kohakuvault/vector/internal';
import type { Parameter } from '../client/session.ts';

/** A condition as PostgreSQL's SQL, with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** The columns of fields: their types, and the names, which ours do not have. */
const TYPES: Readonly<Record<FieldType, string>> = {
  i64: 'int8',
  f64: 'float8',
  str: 'text COLLATE "C"',
  bool: 'int8',
};

export function fieldColumn(name: string): string {
  return `"f_${name.replaceAll('"', '""')}"`;
}

export function fieldDeclarations(types: FieldTypes): string[] {
  return Object.entries(types).map(([name, type]) => `${fieldColumn(name)} ${TYPES[type]}`);
}

/** Returns a field as a parameter. */
export function fieldParameter(value: bigint | number | string | null): Parameter {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Returns the cast that a parameter of a field needs. */
export function fieldCast(type: FieldType): string {
  return `::${TYPES[type].split(' ')[0]}`;
}

/**
 * Compiles a condition. Its meaning is that of a local vault, whose SQL becomes PostgreSQL's here: parameters have
 * numbers and types, and `IS NOT` compares values. `first` is the number of the first parameter.
 */
export function conditionOf(owner: string, types: FieldTypes, where: unknown, first: number): Condition | undefined {
  const compiled = compileCondition(owner, types, where);
  if (!compiled) return undefined;
  const { parameters } = compiled;
  let nth = 0;
  const placeholder = () => {
    const value = parameters[nth];
    const type = typeof value === 'bigint' ? 'int8' : typeof value === 'number' ? 'float8' : 'text';
    return `$${first + nth++}::${type}`;
  };
  // Names are in quotes, and are left alone but for their prefix.
  const sql = compiled.sql.replace(/f\."((?:[^"]|"")*)"|IS NOT \?|\?|\b[01]\b/g, (found, name?: string) => {
    if (name !== undefined) return `f."f_${name}"`;
    if (found === '?') return placeholder();
    if (found === 'IS NOT ?') return `IS DISTINCT FROM ${placeholder()}`;
    return found === '1' ? 'true' : 'false';
  });
  return { sql, parameters: parameters.map(fieldParameter) };
}
