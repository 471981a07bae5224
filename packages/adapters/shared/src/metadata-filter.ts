import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** What is stored beside a vector. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Whether some metadata meet a filter. */
export type Test = (metadata: Metadata) => boolean;

/** Whether one value meets a condition. */
type ValueTest = (value: unknown) => boolean;

/** More than any program nests, and few enough for the stack. */
const MOST_LEVELS = 200;

/**
 * Compiles a filter in the language of MongoDB, as the frameworks use it. All of its parts must be met. It is checked
 * here, not when it meets the first vector.
 */
export function compileFilter(owner: string, filter: unknown, level = 0): Test {
  if (level > MOST_LEVELS) throw new InvalidArgument(`${owner}: the filter has more than ${MOST_LEVELS} levels`);
  if (!isPlain(filter)) throw new InvalidArgument(`${owner}: the filter is ${describe(filter)}; expected an object`);
  const tests = Object.entries(filter).map(([name, condition]): Test => {
    switch (name) {
      case '$and': {
        const parts = listOf(owner, name, condition).map((part) => compileFilter(owner, part, level + 1));
        return (metadata) => parts.every((test) => test(metadata));
      }
      case '$or': {
        const parts = listOf(owner, name, condition).map((part) => compileFilter(owner, part, level + 1));
        return (metadata) => parts.some((test) => test(metadata));
      }
      case '$nor': {
        const parts = listOf(owner, name, condition).map((part) => compileFilter(owner, part, level + 1));
        return (metadata) => !parts.some((test) => test(metadata));
      }
      case '$not': {
        const test = compileFilter(owner, condition, level + 1);
        return (metadata) => !test(metadata);
      }
      default: {
        if (name.startsWith('$')) throw unknownOperator(owner, name, LOGICAL);
        const test = compileCondition(owner, name, condition, level + 1);
        return (metadata) => test(valueAt(metadata, name));
      }
    }
  });
  return (metadata) => tests.every((test) => test(metadata));
}

const LOGICAL = ['$and', '$or', '$nor', '$not'];

/** What an operator makes of its operand. */
const OPERATORS: Readonly<Record<string, (owner: string, operand: unknown, level: number, name: string) => ValueTest>> =
  {
    $eq: (_, operand) => someOf((value) => isEqual(value, operand)),
    $ne: (_, operand) => not(someOf((value) => isEqual(value, operand))),
    $gt: (owner, operand) => ordered(owner, '$gt', operand, (value) => (orderOf(value, operand) ?? 0) > 0),
    $gte: (owner, operand) => ordered(owner, '$gte', operand, (value) => (orderOf(value, operand) ?? -1) >= 0),
    $lt: (owner, operand) => ordered(owner, '$lt', operand, (value) => (orderOf(value, operand) ?? 0) < 0),
    $lte: (owner, operand) => ordered(owner, '$lte', operand, (value) => (orderOf(value, operand) ?? 1) <= 0),
    $in: (owner, operand) => isOneOf(listOf(owner, '$in', operand)),
    $nin: (owner, operand) => not(isOneOf(listOf(owner, '$nin', operand))),
    $all: (owner, operand) => {
      const all = listOf(owner, '$all', operand);
      return (value) => all.length > 0 && all.every((each) => someOf((one) => isEqual(one, each))(value));
    },
    $elemMatch: (owner, operand, level) => {
      if (!isPlain(operand)) {
        throw new InvalidArgument(`${owner}: $elemMatch is ${describe(operand)}; expected an object of conditions`);
      }
      const isCondition = Object.keys(operand).some((key) => key.startsWith('$') && !LOGICAL.includes(key));
      const test: ValueTest = isCondition
        ? compileCondition(owner, '$elemMatch', operand, level + 1)
        : (
            (match) => (each) =>
              isPlain(each) && match(each)
          )(compileFilter(owner, operand, level + 1));
      return (value) => Array.isArray(value) && value.some((each) => test(each));
    },
    $size: (_, operand) => (value) => Array.isArray(value) && value.length === operand,
    $exists: (_, operand) => (value) => (value !== undefined) === Boolean(operand),
    $contains: (_, operand) => (value) =>
      typeof value === 'string' && typeof operand === 'string'
        ? value.includes(operand)
        : (Array.isArray(operand) ? operand : [operand]).every((each) => someOf((one) => isEqual(one, each))(value)),
    $not: (owner, operand, level, name) => not(compileCondition(owner, name, operand, level + 1)),
  };

/** Compiles what one field must meet: a value that it equals, a pattern, or operators, all of which must accept it. */
function compileCondition(owner: string, name: string, condition: unknown, level: number): ValueTest {
  if (level > MOST_LEVELS) throw new InvalidArgument(`${owner}: the filter has more than ${MOST_LEVELS} levels`);
  if (condition instanceof RegExp) return matches(condition);
  if (!isPlain(condition) || !Object.keys(condition).some((key) => key.startsWith('$'))) {
    return someOf((value) => isEqual(value, condition));
  }
  const { $regex, $options, ...others } = condition;
  const tests = Object.entries(others).map(([operator, operand]) => {
    const make = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (!make) throw unknownOperator(owner, operator, [...Object.keys(OPERATORS), '$regex', '$options']);
    return make(owner, operand, level, name);
  });
  if ($regex !== undefined) tests.push(matches(patternOf(owner, $regex, $options)));
  else if ($options !== undefined) throw new InvalidArgument(`${owner}: $options of ${name} stands without $regex`);
  return (value) => tests.every((test) => test(value));
}

function not(test: ValueTest): ValueTest {
  return (value) => !test(value);
}

/** A condition is met by a value, or by one of a list. */
function someOf(test: ValueTest): ValueTest {
  return (value) => test(value) || (Array.isArray(value) && value.some(test));
}

/** Lists and objects have no order: an operand that is one of them is a mistake. */
function ordered(owner: string, operator: string, operand: unknown, test: ValueTest): ValueTest {
  if (!isObject(operand) || operand instanceof Date) return someOf(test);
  throw new InvalidArgument(`${owner}: ${operator} is ${describe(operand)}; expected a number, a text or a date`);
}

function isOneOf(list: readonly unknown[]): ValueTest {
  return someOf((value) => list.some((each) => isEqual(value, each)));
}

function matches(pattern: RegExp): ValueTest {
  const fresh = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return someOf((value) => typeof value === 'string' && fresh.test(value));
}

function patternOf(owner: string, pattern: unknown, options: unknown): RegExp {
  if (pattern instanceof RegExp) return pattern;
  // Other stores put flags at the beginning.
  const [, inline = '', source = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(String(pattern)) ?? [];
  const flags = [...new Set(`${inline}${options ?? ''}`)].filter((flag) => 'imsu'.includes(flag)).join('');
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new InvalidArgument(`${owner}: $regex ${describe(pattern)} is not a regular expression`, { cause });
  }
}

/** Whether two values are equal. A missing one equals null, as in MongoDB. */
function isEqual(one: unknown, other: unknown): boolean {
  if (one === other || (one == null && other == null)) return true;
  if (typeof one === 'number' && typeof other === 'number') return Number.isNaN(one) && Number.isNaN(other);
  if (orderOf(one, other) === 0) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => isEqual(each, other[index]));
  }
  if (!isPlain(one) || !isPlain(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  );
}

/** Returns which of two values comes first; undefined if they have no order. A date compares with its text too. */
function orderOf(one: unknown, other: unknown): number | undefined {
  const [a, b] = [plainOf(one, other), plainOf(other, one)];
  const isComparable =
    (isNumber(a) && isNumber(b)) ||
    (typeof a === 'string' && typeof b === 'string') ||
    (typeof a === 'boolean' && typeof b === 'boolean');
  if (!isComparable || a === undefined || b === undefined) return undefined;
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

type Comparable = number | bigint | string | boolean;

function plainOf(value: unknown, beside: unknown): Comparable | undefined {
  if (!(value instanceof Date)) return value as Comparable;
  if (Number.isNaN(value.getTime())) return undefined;
  return typeof beside === 'string' ? value.toISOString() : value.getTime();
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value));
}

/** Returns a field by its name, or by its path: `author.name`. A path through a list gives the values of its items. */
function valueAt(metadata: Metadata, path: string): unknown {
  if (Object.hasOwn(metadata, path)) return metadata[path];
  let value: unknown = metadata;
  for (const name of path.split('.')) {
    if (Array.isArray(value) && !/^\d+$/.test(name)) {
      value = value.map((each) => (isObject(each) && Object.hasOwn(each, name) ? each[name] : undefined));
    } else {
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is an object of fields, and not a list, a date or the like. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return isObject(value) && /^\[object Object\]$/.test(Object.prototype.toString.call(value)) && !Array.isArray(value);
}

function listOf(owner: string, operator: string, operand: unknown): readonly unknown[] {
  if (Array.isArray(operand)) return operand;
  throw new InvalidArgument(`${owner}: ${operator} is ${describe(operand)}; expected a list`);
}

function unknownOperator(owner: string, operator: string, known: readonly string[]): InvalidArgument {
  return new InvalidArgument(
    `${owner}: the filter has an unknown operator, ${operator}; known are ${known.join(', ')}`,
  );
}
