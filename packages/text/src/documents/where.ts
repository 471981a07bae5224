import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Comparable, FieldSql, SqlCondition } from './field-sql.ts';
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

const COMPARISONS: Record<string, '>' | '>=' | '<' | '<='> = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' };
/** SQLite takes 32,766 parameters. */
const MOST_PARAMETERS = 30_000;
/** SQLite's expressions are at most a thousand levels deep, and each AND and OR is a level. */
const DEEPEST = 20;
const MOST_CONDITIONS = 200;

/** Returns what `where` means in the SQL of a database. */
export function conditionOf(where: unknown, fields: FieldSql, types: FieldTypes | undefined): SqlCondition {
  const condition = new Conditions(fields, types).read(where, 0);
  if (condition.parameters.length <= MOST_PARAMETERS) return condition;
  throw new InvalidArgument(
    `where compares with ${condition.parameters.length} values; expected at most ${MOST_PARAMETERS}`,
  );
}

class Conditions {
  readonly #fields: FieldSql;
  readonly #types: FieldTypes | undefined;

  constructor(fields: FieldSql, types: FieldTypes | undefined) {
    this.#fields = fields;
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
    return this.#all(conditions);
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
        return name === '$and' ? this.#all(all) : this.#any(all);
      }
      case '$not':
        return this.#not(this.read(condition, depth + 1));
      default:
        return this.#field(name, condition);
    }
  }

  #field(name: string, condition: unknown): SqlCondition {
    checkField('where', name, this.#types);
    if (typeof condition !== 'object' || condition === null) return this.#compare(name, '$eq', condition);
    const operators = Object.entries(condition).filter(([, value]) => value !== undefined);
    return this.#all(operators.map(([operator, value]) => this.#compare(name, operator, value)));
  }

  #compare(name: string, operator: string, value: unknown): SqlCondition {
    if (operator === '$exists') {
      if (typeof value !== 'boolean') {
        throw new InvalidArgument(`where: $exists is ${describe(value)}; expected true or false`);
      }
      const exists = plain(this.#fields.exists(name));
      return value ? exists : this.#not(exists);
    }
    if (operator === '$in' || operator === '$nin') {
      if (!Array.isArray(value)) {
        throw new InvalidArgument(`where: ${operator} is ${describe(value)}; expected an array of values`);
      }
      const any = this.#isOneOf(name, value);
      return operator === '$in' ? any : this.#not(any);
    }
    if (operator === '$eq') return this.#isOneOf(name, [value]);
    if (operator === '$ne') return this.#not(this.#isOneOf(name, [value]));
    const comparison = COMPARISONS[operator];
    if (comparison === undefined) {
      const known = ['$eq', '$ne', ...Object.keys(COMPARISONS), '$in', '$nin', '$exists'];
      throw new InvalidArgument(`where: there is no operator ${describe(operator)}; expected ${known.join(', ')}`);
    }
    const parameter = this.#parameter(name, value);
    return parameter === undefined ? this.#any([]) : this.#fields.compares(name, comparison, parameter);
  }

  #isOneOf(name: string, given: readonly unknown[]): SqlCondition {
    const values = given.map((value) => this.#parameter(name, value));
    const some = values.filter((value) => value !== undefined);
    return this.#any([
      ...(some.length > 0 ? [this.#fields.isOneOf(name, some)] : []),
      ...(some.length < values.length ? [plain(this.#fields.isNull(name))] : []),
    ]);
  }

  /** Returns a value as it is compared; undefined for null. */
  #parameter(name: string, value: unknown): Comparable | undefined {
    checkFieldValue('where', name, value, this.#types);
    if (value === null) return undefined;
    return typeof value === 'boolean' ? Number(value) : (value as Comparable);
  }

  #all(conditions: readonly SqlCondition[]): SqlCondition {
    return joined(conditions, 'AND', this.#fields.always);
  }

  #any(conditions: readonly SqlCondition[]): SqlCondition {
    return joined(conditions, 'OR', this.#fields.never);
  }

  /** Returns what holds if a condition does not, also if a field is missing. */
  #not({ sql, parameters }: SqlCondition): SqlCondition {
    return { sql: this.#fields.not(sql), parameters };
  }
}

function plain(sql: string): SqlCondition {
  return { sql, parameters: [] };
}

function joined(conditions: readonly SqlCondition[], operator: string, none: string): SqlCondition {
  const [first, ...others] = conditions;
  if (!first) return plain(none);
  if (others.length === 0) return first;
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(` ${operator} `)})`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}
