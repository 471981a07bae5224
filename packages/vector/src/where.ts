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

type WhereParameters = readonly Exclude<StoredField, null>[];

/** A condition as SQL that returns the ids of the vectors that meet it. */
export interface WhereQuery {
  readonly sql: string;
  readonly parameters: WhereParameters;
  /** Parts that must all be met. The core reads them one by one, if there are several and one does not exclude. */
  readonly parts: readonly WherePart[];
}

/** A part that an index of one field answers, as a rule. */
export interface WherePart {
  readonly sql: string;
  /** Returns a row if the vector whose id follows the parameters meets it. */
  readonly test: string;
  readonly parameters: WhereParameters;
  /** Whether the vectors that meet it are left out. */
  readonly excludes: boolean;
}

/** A part of a condition. Its SQL is 1 if it is met, and 0 or NULL if not. */
interface Part {
  readonly sql: string;
  readonly parameters: WhereParameters;
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
  const compiler = new Compiler(owner, types);
  const { sql, parameters, acceptsMissing } = compiler.whole(where, false, 0);
  if (parameters.length > MOST_VALUES) {
    throw new InvalidArgument(
      `${owner}: where has ${parameters.length} values; expected at most ${MOST_VALUES}. Pass the ids by filter instead`,
    );
  }
  if (sql === EVERYTHING.sql) return undefined;
  // Without fields, all that a condition can say is yes or no.
  if (Object.keys(types).length === 0) {
    const from = `SELECT rowid FROM main.${quoteIdentifier(`${table}_rowids`)}`;
    return { sql: `${from} WHERE ${sql}`, parameters, parts: [] };
  }
  // Only vectors with fields can meet it, as a rule.
  const from = acceptsMissing ? fromVectors(table) : fromFields(table);
  const parts = compiler.parts(where).map((part) => partOf(table, part));
  return { sql: `${from} WHERE ${sql}`, parameters, parts };
}

/**
 * Compiles a condition on the fields alone, for a vault that is stored elsewhere: their columns are those of `f`, and
 * 1 and 0 stand for true and false. Undefined if every vector meets it.
 */
export function compileCondition(
  owner: string,
  types: FieldTypes,
  where: unknown,
): Omit<WhereQuery, 'parts'> | undefined {
  const { sql, parameters } = new Compiler(owner, types).whole(where, false, 0);
  return sql === EVERYTHING.sql ? undefined : { sql, parameters };
}

/** Limits a condition further: to the vectors whose field has none of some values. */
export function withoutValues(
  table: string,
  where: WhereQuery | undefined,
  field: string,
  values: WhereParameters,
): WhereQuery {
  const column = `f.${quoteIdentifier(field)}`;
  const list = `(${values.map(() => '?').join(', ')})`;
  const within = where ? ` AND v.rowid IN (${where.sql})` : '';
  const excluded = { sql: `${column} IN ${list}`, parameters: values, excludes: true };
  return {
    sql: `${fromVectors(table)} WHERE (${column} NOT IN ${list} OR ${column} IS NULL)${within}`,
    parameters: [...values, ...(where?.parameters ?? [])],
    parts: where && where.parts.length > 0 ? [...where.parts, partOf(table, excluded)] : [],
  };
}

/** Returns the parts that the core reads one by one; none if it is better to read the whole. */
export function partsOf({ parts }: WhereQuery): readonly WherePart[] {
  return parts.length > 1 && parts.some(({ excludes }) => !excludes) ? parts : [];
}

function partOf(table: string, { sql, parameters, excludes }: Omit<WherePart, 'test'>): WherePart {
  const from = fromFields(table);
  return { sql: `${from} WHERE ${sql}`, test: `${from} WHERE (${sql}) AND f.id = ?`, parameters, excludes };
}

function fromFields(table: string): string {
  return `SELECT f.id FROM main.${quoteIdentifier(fieldsTableOf(table))} AS f`;
}

function fromVectors(table: string): string {
  const [vectors, fields] = [`${table}_rowids`, fieldsTableOf(table)].map((name) => `main.${quoteIdentifier(name)}`);
  return `SELECT v.rowid FROM ${vectors} AS v LEFT JOIN ${fields} AS f ON f.id = v.rowid`;
}

class Compiler {
  readonly #owner: string;
  readonly #types: FieldTypes;
  readonly #isAlone: boolean;

  constructor(owner: string, types: FieldTypes, isAlone = false) {
    this.#owner = owner;
    this.#types = types;
    this.#isAlone = isAlone;
  }

  /** Compiles the parts of a condition that must all be met: one for each field, and one for each other operator. */
  parts(where: unknown): Omit<WherePart, 'test'>[] {
    const fields = new Map<string, unknown[]>();
    const others: unknown[] = [];
    const collect = (each: unknown) => {
      for (const [name, value] of this.#entries(each, 'where', 0)) {
        if (name === '$and') (value as unknown[]).forEach(collect);
        else if (name.startsWith('$')) others.push({ [name]: value });
        else fields.set(name, [...(fields.get(name) ?? []), { [name]: value }]);
      }
    };
    collect(where);
    // An index of true and false is read for a part that has no other field.
    return [
      ...[...fields.values()].map(($and) => [{ $and }, true] as const),
      ...others.map((each) => [each, false] as const),
    ]
      .map(([each, isAlone]) => {
        const compiler = isAlone ? new Compiler(this.#owner, this.#types, true) : this;
        const part = compiler.whole(each, false, 0);
        if (!part.acceptsMissing) return { ...part, excludes: false };
        // A vector without the field meets it, so those that do not meet it are left out.
        return { ...compiler.whole(each, true, 0), excludes: true };
      })
      .filter(({ sql, excludes }) => sql !== (excludes ? NOTHING : EVERYTHING).sql)
      .map(({ sql, parameters, excludes }) => ({ sql, parameters, excludes }));
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
    const column = this.#column(name, type);
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
    const column = this.#column(name, type);
    const list = `(${parameters.map(() => '?').join(', ')})`;
    return isNegated
      ? { sql: `(${column} NOT IN ${list} OR ${column} IS NULL)`, parameters, acceptsMissing: true }
      : { sql: `${column} IN ${list}`, parameters, acceptsMissing: false };
  }

  /** With other fields, an index of true and false is not worth its look-ups, which the plus keeps SQLite from. */
  #column(name: string, type: FieldType): string {
    return `${type === 'bool' && !this.#isAlone ? '+' : ''}f.${quoteIdentifier(name)}`;
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
