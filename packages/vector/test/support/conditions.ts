/** Random conditions on the fields n (i64), x (f64), s (str) and b (bool), and what they mean in plain JavaScript. */

type Value = bigint | number | string | boolean;
type Fields = Readonly<Record<string, Value>>;

const VALUES: Readonly<Record<string, readonly Value[]>> = {
  n: [-4n, -1n, 0n, 2n, 4n],
  x: [0, -0.5, 1.5, 1, Number.POSITIVE_INFINITY],
  s: ['', 'a', 'b', 'ž', '\u{1F600}', '\uFFFD'],
  b: [true, false],
};

export function randomCondition(below: (count: number) => number, depth: number): object {
  const kind = depth === 0 ? 0 : below(5);
  const more = () => Array.from({ length: below(4) }, () => randomCondition(below, depth - 1));
  if (kind === 1) return { $and: more() };
  if (kind === 2) return { $or: more() };
  if (kind === 3) return { $not: randomCondition(below, depth - 1) };
  const names = Object.keys(VALUES).filter(() => below(3) === 0);
  return Object.fromEntries(names.map((name) => [name, randomTest(below, name, 2)]));
}

function randomTest(below: (count: number) => number, name: string, depth: number): unknown {
  const values = VALUES[name] as readonly Value[];
  const value = () => values[below(values.length)];
  const operators: Record<string, () => unknown> = {
    $eq: value,
    $ne: value,
    $in: () => Array.from({ length: below(4) }, value),
    $nin: () => Array.from({ length: below(4) }, value),
    $exists: () => below(2) === 0,
    ...(name !== 'b' && { $gt: value, $gte: value, $lt: value, $lte: value }),
    ...(depth > 0 && { $not: () => randomTest(below, name, depth - 1) }),
  };
  if (below(4) === 0) return value();
  const chosen = Object.keys(operators).filter(() => below(4) === 0);
  return Object.fromEntries(chosen.map((operator) => [operator, operators[operator]?.()]));
}

/** Whether fields meet a condition. */
export function meets(fields: Fields, where: object): boolean {
  return Object.entries(where).every(([name, part]) => {
    if (name === '$and') return (part as object[]).every((each) => meets(fields, each));
    if (name === '$or') return (part as object[]).some((each) => meets(fields, each));
    if (name === '$not') return !meets(fields, part);
    return passes(fields[name], part);
  });
}

function passes(value: Value | undefined, test: unknown): boolean {
  if (typeof test !== 'object' || test === null) return value === test;
  return Object.entries(test).every(([operator, wanted]) => {
    switch (operator) {
      case '$eq':
        return value === wanted;
      case '$ne':
        return value !== wanted;
      case '$in':
        return value !== undefined && (wanted as Value[]).includes(value);
      case '$nin':
        return value === undefined || !(wanted as Value[]).includes(value);
      case '$exists':
        return (value !== undefined) === wanted;
      case '$not':
        return !passes(value, wanted);
    }
    if (value === undefined) return false;
    const order = compare(value, wanted as Value);
    return { $gt: order > 0, $gte: order >= 0, $lt: order < 0, $lte: order <= 0 }[operator] as boolean;
  });
}

/** Compares text by its code points, as UTF-8 does. */
function compare(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return a < b ? -1 : Number(a > b);
}
