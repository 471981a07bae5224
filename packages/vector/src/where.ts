import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import {
  encodeField,
  type FieldInput,
  type FieldType,
  type FieldTypes,
  type StoredField,
  typeOfField,
} from './fields.ts';
import { fieldsTableOf } from './fields-table.ts';

/** What a field must meet: a value that it equals, or operators, all of which must accept it. */
export type FieldCondition<T extends FieldType> = FieldInput<T> | FieldOperators<T>;

interface Equality<T extends FieldType> {
  $eq?: FieldInput<T> | undefined;
  /** Another value, or none. */
  $ne?: FieldInput<T> | undefined;
  $in?: readonly FieldInput<T>[] | undefined;
  /** None of these values, or no value. */
  $nin?: readonly FieldInput<T>[] | undefined;
  $exists?: boolean | undefined;
  /** The opposite of a condition: a missing field meets it if it does not meet the condition. */
  $not?: FieldCondition<T> | undefined;
}

interface Order<T extends FieldType> {
  $gt?: FieldInput<T> | undefined;
  $gte?: FieldInput<T> | undefined;
  $lt?: FieldInput<T> | undefined;
  $lte?: FieldInput<T> | undefined;
}

export type FieldOperators<T extends FieldType> = T extends 'bool' ? Equality<T> : Equality<T> & Order<T>;

/** The condition of a search. All of its parts must be met. */
export type Where<F extends FieldTypes> = string extends keyof F
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof F]?: FieldCondition<F[K]> | undefined } & {
      readonly $and?: readonly Where<F>[] | undefined;
      readonly $or?: readonly Where<F>[] | undefined;
      readonly $not?: Where<F> | undefined;
    };

/** A condition as SQL that returns the ids of the vectors that meet it. */
export interface WhereQuery {
  readonly sql: string;
  readonly parameters: readonly Exclude<StoredField, null>[];
}

/** A part of a condition. Its SQL is 1 if it is met, and 0 or NULL if not. */
interface Part extends WhereQuery {
  /** Whether a vector without any field meets it. */
  readonly acceptsMissing: boolean;
}

/** SQLite binds up to 32,766. */
const MOST_VALUES = 30_000;
const MOST_LEVELS = 100;

const EVERYTHING: Part = { sql: '1', parameters: [], acceptsMissing: true };
const NOTHING: Part = { sql: '0', parameters: [], acceptsMissing: false };

/** The operators that compare, and the opposite of each for a field that exists. */
const ORDERS: Readonly<Record<string, readonly [string, string]>> = {
  $gt: ['>', '<='],
  $gte: ['>=', '<'],
  $lt: ['<', '>='],
  $lte: ['<=', '>'],
};
const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$not'];

/**
 * Compiles a condition. Each part is met or not: a missing field meets `$ne`, `$nin`, `$exists: false` and the `$not` of
 * what it does not meet.
 */
export function compileWhere(owner: string, table: string, types: FieldTypes, where: unknown): WhereQuery | undefined {
  const { sql, parameters, acceptsMissing } = new Compiler(owner, types).whole(where, false, 0);
  if (parameters.length > MOST_VALUES) {
    throw new InvalidArgument(
      `${owner}: where has ${parameters.length} values; expected at most ${MOST_VALUES}. Pass the ids by filter instead`,
    );
  }
  if (sql === EVERYTHING.sql) return undefined;
  const fields = `main.${quoteIdentifier(fieldsTableOf(table))}`;
  let from = fromVectors(table);
  // Only vectors with fields can meet it.
  if (!acceptsMissing) from = `SELECT f.id FROM ${fields} AS f`;
  // Without fields, all that a condition can say is yes or no.
  if (Object.keys(types).length === 0) from = `SELECT rowid FROM main.${quoteIdentifier(`${table}_rowids`)}`;
  return { sql: `${from} WHERE ${sql}`, parameters };
}

/**
 * Compiles a condition on the fields alone, for a vault that is stored elsewhere: their columns are those of `f`, and
 * 1 and 0 stand for true and false. Undefined if every vector meets it.
 */
export function compileCondition(owner: string, types: FieldTypes, where: unknown): WhereQuery | undefined {
  const { sql, parameters } = new Compiler(owner, types).whole(where, false, 0);
  return sql === EVERYTHING.sql ? undefined : { sql, parameters };
}

/** Limits a condition further: to the vectors whose field has none of some values. */
export function withoutValues(
  table: string,
  where: WhereQuery | undefined,
  field: string,
  values: readonly Exclude<StoredField, null>[],
): WhereQuery {
  const column = `f.${quoteIdentifier(field)}`;
  const others = `(${column} NOT IN (${values.map(() => '?').join(', ')}) OR ${column} IS NULL)`;
  const within = where ? ` AND v.rowid IN (${where.sql})` : '';
  return {
    sql: `${fromVectors(table)} WHERE ${others}${within}`,
    parameters: [...values, ...(where?.parameters ?? [])],
  };
}

function fromVectors(table: string): string {
  const [vectors, fields] = [`${table}_rowids`, fieldsTableOf(table)].map((name) => `main.${quoteIdentifier(name)}`);
  return `SELECT v.rowid FROM ${vectors} AS v LEFT JOIN ${fields} AS f ON f.id = v.rowid`;
}

class Compiler {
  readonly #owner: string;
  readonly #types: FieldTypes;

  constructor(owner: string, types: FieldTypes) {
    this.#owner = owner;
    this.#types = types;
  }

  /** Compiles a condition on the vector, or its opposite. */
  whole(where: unknown, isNegated: boolean, level: number): Part {
    const parts = this.#entries(where, 'where', level).map(([name, value]) => {
      if (name === '$and' || name === '$or') return this.#list(name, value, isNegated, level);
      if (name === '$not') return this.whole(value, !isNegated, level + 1);
      if (name.startsWith('$')) {
        throw this.#refused(
          `${name} is not an operator on the whole; expected $and, $or, $not, or the name of a field`,
        );
      }
      return this.#field(name, typeOfField(this.#owner, this.#types, name), value, isNegated, level + 1);
    });
    return joined(parts, isNegated ? 'OR' : 'AND');
  }

  #list(name: string, value: unknown, isNegated: boolean, level: number): Part {
    if (!Array.isArray(value)) throw this.#refused(`${name} is ${describe(value)}; expected an array of conditions`);
    const parts = value.map((part) => this.whole(part, isNegated, level + 1));
    return joined(parts, (name === '$and') === isNegated ? 'OR' : 'AND');
  }

  #field(name: string, type: FieldType, condition: unknown, isNegated: boolean, level: number): Part {
    if (typeof condition !== 'object' || condition === null) {
      return this.#operator(name, type, '$eq', condition, isNegated, level);
    }
    const parts = this.#entries(condition, `the condition of ${name}`, level).map(([operator, value]) =>
      this.#operator(name, type, operator, value, isNegated, level),
    );
    return joined(parts, isNegated ? 'OR' : 'AND');
  }

  #operator(name: string, type: FieldType, operator: string, value: unknown, isNegated: boolean, level: number): Part {
    const column = `f.${quoteIdentifier(name)}`;
    const order = Object.hasOwn(ORDERS, operator) ? ORDERS[operator] : undefined;
    if (order && type !== 'bool') {
      const parameters = [this.#value(name, type, value)];
      return isNegated
        ? { sql: `(${column} ${order[1]} ? OR ${column} IS NULL)`, parameters, acceptsMissing: true }
        : { sql: `${column} ${order[0]} ?`, parameters, acceptsMissing: false };
    }
    switch (operator) {
      case '$eq':
      case '$ne':
        return (operator === '$eq') === isNegated
          ? { sql: `${column} IS NOT ?`, parameters: [this.#value(name, type, value)], acceptsMissing: true }
          : { sql: `${column} = ?`, parameters: [this.#value(name, type, value)], acceptsMissing: false };
      case '$in':
      case '$nin':
        return this.#oneOf(name, type, operator, value, (operator === '$in') === isNegated);
      case '$exists':
        if (typeof value !== 'boolean') {
          throw this.#refused(`$exists of ${name} is ${describe(value)}; expected true or false`);
        }
        return value === isNegated
          ? { sql: `${column} IS NULL`, parameters: [], acceptsMissing: true }
          : { sql: `${column} IS NOT NULL`, parameters: [], acceptsMissing: false };
      case '$not':
        return this.#field(name, type, value, !isNegated, level + 1);
    }
    const known = type === 'bool' ? OPERATORS.filter((each) => !Object.hasOwn(ORDERS, each)) : OPERATORS;
    throw this.#refused(
      `${describe(operator)} is not an operator on ${name}, which is ${type}; expected ${known.join(', ')}`,
    );
  }

  #oneOf(name: string, type: FieldType, operator: string, value: unknown, isNegated: boolean): Part {
    if (!Array.isArray(value)) throw this.#refused(`${operator} of ${name} is ${describe(value)}; expected an array`);
    if (value.length === 0) return isNegated ? EVERYTHING : NOTHING;
    const parameters = value.map((each) => this.#value(name, type, each));
    const column = `f.${quoteIdentifier(name)}`;
    const list = `(${parameters.map(() => '?').join(', ')})`;
    return isNegated
      ? { sql: `(${column} NOT IN ${list} OR ${column} IS NULL)`, parameters, acceptsMissing: true }
      : { sql: `${column} IN ${list}`, parameters, acceptsMissing: false };
  }

  #value(name: string, type: FieldType, value: unknown): Exclude<StoredField, null> {
    if (value === null || value === undefined) {
      throw this.#refused(
        `the value of ${name} is ${value}; write { ${name}: { $exists: false } } for a missing field`,
      );
    }
    return encodeField(`${this.#owner}: where`, name, type, value);
  }

  #entries(value: unknown, what: string, level: number): [string, unknown][] {
    if (level > MOST_LEVELS) throw this.#refused(`it is nested more than ${MOST_LEVELS} deep`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.#refused(`${what} is ${describe(value)}; expected an object`);
    }
    // As everywhere in options, undefined is the same as nothing.
    return Object.entries(value).filter(([, each]) => each !== undefined);
  }

  #refused(what: string): InvalidArgument {
    return new InvalidArgument(`${this.#owner}: where: ${what}`);
  }
}

/** Joins parts. SQLite limits how deep an expression is, so long lists become balanced trees. */
function joined(parts: readonly Part[], operator: 'AND' | 'OR'): Part {
  const [first] = parts;
  if (!first) return operator === 'AND' ? EVERYTHING : NOTHING;
  if (parts.length === 1) return first;
  const half = Math.ceil(parts.length / 2);
  const [left, right] = [joined(parts.slice(0, half), operator), joined(parts.slice(half), operator)];
  return {
    sql: `(${left.sql} ${operator} ${right.sql})`,
    parameters: [...left.parameters, ...right.parameters],
    acceptsMissing:
      operator === 'AND' ? left.acceptsMissing && right.acceptsMissing : left.acceptsMissing || right.acceptsMissing,
  };
}
