import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { checkField, checkFieldValue, type FieldTypes, type FieldValue } from './fields.ts';

/** What a field must be: a value, or what operators say of it. */
export type FieldCondition =
  | FieldValue
  | {
      $eq?: FieldValue;
      $ne?: FieldValue;
      $gt?: FieldValue;
      $gte?: FieldValue;
      $lt?: FieldValue;
      $lte?: FieldValue;
      $in?: readonly FieldValue[];
      $nin?: readonly FieldValue[];
      $exists?: boolean;
    };

/** Which documents are wanted, by their fields. All conditions must hold. */
export interface Where {
  [field: string]: FieldCondition | readonly Where[] | Where | undefined;
  $and?: readonly Where[];
  $or?: readonly Where[];
  $not?: Where;
}

/** A condition in SQL, with its parameters. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly (string | number | bigint)[];
}

const COMPARISONS: Record<string, string> = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' };
const ALWAYS: SqlCondition = { sql: '1', parameters: [] };
const NEVER: SqlCondition = { sql: '0', parameters: [] };
/** SQLite takes 32,766 parameters. */
const MOST_PARAMETERS = 30_000;
/** SQLite's expressions are at most a thousand levels deep, and each AND and OR is a level. */
const DEEPEST = 20;
const MOST_CONDITIONS = 200;

/** Returns the condition of a query on the documents, whose fields are the JSON of `column`. */
export function conditionOf(where: unknown, column: string, types: FieldTypes | undefined): SqlCondition {
  const condition = new Conditions(column, types).read(where, 0);
  if (condition.parameters.length <= MOST_PARAMETERS) return condition;
  throw new InvalidArgument(
    `where compares with ${condition.parameters.length} values; expected at most ${MOST_PARAMETERS}`,
  );
}

class Conditions {
  readonly #column: string;
  readonly #types: FieldTypes | undefined;

  constructor(column: string, types: FieldTypes | undefined) {
    this.#column = column;
    this.#types = types;
  }

  read(where: unknown, depth: number): SqlCondition {
    if (typeof where !== 'object' || where === null || Array.isArray(where)) {
      throw new InvalidArgument(`where is ${describe(where)}; expected an object of fields`);
    }
    if (depth > DEEPEST) throw new InvalidArgument(`where is nested deeper than ${DEEPEST} levels`);
    const conditions = Object.entries(where)
      .filter(([, condition]) => condition !== undefined)
      .map(([name, condition]) => this.#member(name, condition, depth));
    return joined(conditions, 'AND', ALWAYS);
  }

  #member(name: string, condition: unknown, depth: number): SqlCondition {
    switch (name) {
      case '$and':
      case '$or': {
        if (!Array.isArray(condition)) {
          throw new InvalidArgument(`where: ${name} is ${describe(condition)}; expected an array of conditions`);
        }
        if (condition.length > MOST_CONDITIONS) {
          throw new InvalidArgument(
            `where: ${name} has ${condition.length} conditions; expected at most ${MOST_CONDITIONS}, or use $in`,
          );
        }
        const all = condition.map((each) => this.read(each, depth + 1));
        return name === '$and' ? joined(all, 'AND', ALWAYS) : joined(all, 'OR', NEVER);
      }
      case '$not':
        return negated(this.read(condition, depth + 1));
      default:
        return this.#field(name, condition);
    }
  }

  #field(name: string, condition: unknown): SqlCondition {
    checkField('where', name, this.#types);
    if (typeof condition !== 'object' || condition === null) return this.#compare(name, '$eq', condition);
    const operators = Object.entries(condition).filter(([, value]) => value !== undefined);
    return joined(
      operators.map(([operator, value]) => this.#compare(name, operator, value)),
      'AND',
      ALWAYS,
    );
  }

  #compare(name: string, operator: string, value: unknown): SqlCondition {
    const path = `'$.${JSON.stringify(name)}'`;
    const field = `json_extract(${this.#column}, ${path})`;
    if (operator === '$exists') {
      if (typeof value !== 'boolean') {
        throw new InvalidArgument(`where: $exists is ${describe(value)}; expected true or false`);
      }
      return { sql: `json_type(${this.#column}, ${path}) IS ${value ? 'NOT ' : ''}NULL`, parameters: [] };
    }
    if (operator === '$in' || operator === '$nin') {
      if (!Array.isArray(value)) {
        throw new InvalidArgument(`where: ${operator} is ${describe(value)}; expected an array of values`);
      }
      const parameters = value.map((each) => this.#parameter(name, each));
      const some = parameters.filter((parameter) => parameter !== undefined);
      const any = joined(
        [
          { sql: `${field} IN (${some.map(() => '?').join(', ')})`, parameters: some },
          ...(some.length < parameters.length ? [{ sql: `${field} IS NULL`, parameters: [] }] : []),
        ],
        'OR',
        NEVER,
      );
      return operator === '$in' ? any : negated(any);
    }
    if (operator === '$eq') return this.#equals(name, field, value);
    if (operator === '$ne') return negated(this.#equals(name, field, value));
    const comparison = COMPARISONS[operator];
    if (comparison === undefined) {
      const known = ['$eq', '$ne', ...Object.keys(COMPARISONS), '$in', '$nin', '$exists'];
      throw new InvalidArgument(`where: there is no operator ${describe(operator)}; expected ${known.join(', ')}`);
    }
    const parameter = this.#parameter(name, value);
    if (parameter === undefined) return NEVER;
    // SQLite orders any number before any text.
    const isText = typeof parameter === 'string';
    return {
      sql: `(typeof(${field}) ${isText ? '=' : '<>'} 'text' AND ${field} ${comparison} ?)`,
      parameters: [parameter],
    };
  }

  #equals(name: string, field: string, value: unknown): SqlCondition {
    const parameter = this.#parameter(name, value);
    if (parameter === undefined) return { sql: `${field} IS NULL`, parameters: [] };
    return { sql: `${field} IS ?`, parameters: [parameter] };
  }

  /** Returns a value as SQLite has it; undefined for null. */
  #parameter(name: string, value: unknown): string | number | bigint | undefined {
    checkFieldValue('where', name, value, this.#types);
    if (value === null) return undefined;
    return typeof value === 'boolean' ? Number(value) : (value as string | number | bigint);
  }
}

function joined(conditions: readonly SqlCondition[], operator: string, none: SqlCondition): SqlCondition {
  const [first, ...others] = conditions;
  if (!first) return none;
  if (others.length === 0) return first;
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(` ${operator} `)})`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

/** Returns what holds if a condition does not, also if a field is missing. */
function negated({ sql, parameters }: SqlCondition): SqlCondition {
  return { sql: `NOT ifnull(${sql}, 0)`, parameters };
}
