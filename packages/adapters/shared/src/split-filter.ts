import type { FieldType, FieldTypes } from '@kohakuvault/vector';
import { compileFilter, type Metadata, type Test } from './metadata-filter.ts';

/** What a search makes of a filter. */
export interface SplitFilter {
  /** The conditions on declared fields, which the core evaluates before it compares vectors. */
  readonly where: Readonly<Record<string, unknown>> | undefined;
  /** What is left, which looks at the metadata. */
  readonly test: Test | undefined;
}

const COMPARED = ['$eq', '$gt', '$gte', '$lt', '$lte'];

/**
 * Separates the conditions that an index of a declared field answers from all others. Conditions that a missing field
 * may meet stay with the others.
 */
export function splitFilter(owner: string, filter: unknown, fields: FieldTypes | undefined): SplitFilter {
  if (filter === undefined || filter === null) return { where: undefined, test: undefined };
  // Checks it as a whole.
  const whole = compileFilter(owner, filter);
  const entries = Object.entries(filter as Metadata);
  const indexed = entries.filter(([name, condition]) => {
    const type = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
    return type !== undefined && isIndexed(type, condition);
  });
  if (indexed.length === 0) return { where: undefined, test: entries.length > 0 ? whole : undefined };
  const where = Object.fromEntries(indexed);
  const others = entries.filter(([name]) => !Object.hasOwn(where, name));
  return { where, test: others.length > 0 ? compileFilter(owner, Object.fromEntries(others)) : undefined };
}

/** Returns the declared fields of metadata. */
export function fieldsOfMetadata(fields: FieldTypes, metadata: Metadata): Record<string, unknown> {
  const given = Object.keys(fields).filter((name) => Object.hasOwn(metadata, name) && metadata[name] != null);
  return Object.fromEntries(given.map((name) => [name, metadata[name]]));
}

function isIndexed(type: FieldType, condition: unknown): boolean {
  if (isOf(type, condition)) return true;
  if (typeof condition !== 'object' || condition === null) return false;
  const operators = Object.entries(condition);
  return (
    operators.length > 0 &&
    operators.every(([name, operand]) =>
      name === '$in'
        ? Array.isArray(operand) && operand.every((each) => isOf(type, each))
        : COMPARED.includes(name) && isOf(type, operand) && (type !== 'bool' || name === '$eq'),
    )
  );
}

function isOf(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'str':
      return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
    case 'bool':
      return typeof value === 'boolean';
    case 'f64':
      return typeof value === 'number' && !Number.isNaN(value);
    default:
      return Number.isSafeInteger(value);
  }
}
