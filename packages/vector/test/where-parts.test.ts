// Conditions with several parts, of which some are met by few vectors and some by many.
import { expect, test } from 'vitest';
import { meets } from './support/conditions.ts';
import { randomNumbers } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const FIELDS = { year: 'i64', kind: 'str', open: 'bool', score: 'f64' } as const;
const COUNT = 9000;

function filled() {
  const random = randomNumbers(5);
  const below = (limit: number) => Math.floor(Math.abs(random()) * limit) % limit;
  const vault = vaultOf<number>({ dimensions: 2, metric: 'l2', fields: FIELDS });
  const rows = Array.from({ length: COUNT }, (_, at) => ({
    ...(below(10) > 0 && { year: BigInt(1900 + below(120)) }),
    ...(below(10) > 0 && { kind: at % 500 === 0 ? 'rare' : (['a', 'b', 'c'][below(3)] as string) }),
    ...(below(10) > 0 && { open: below(2) === 0 }),
    ...(below(10) > 0 && { score: below(1000) / 10 }),
  }));
  vault.insertMany(rows.map((fields, at) => [[at, 0], at, fields]));
  return { vault, rows };
}

const CONDITIONS: Record<string, unknown>[] = [
  { year: { $gte: 1950n }, kind: 'a' },
  { year: { $gte: 1950n }, open: true },
  { year: { $gte: 1950n, $lt: 1990n }, kind: { $ne: 'a' } },
  { kind: 'rare', score: { $lt: 50 } },
  { kind: 'rare', score: { $gte: 50 }, open: { $exists: false } },
  { kind: 'rare', year: { $not: { $gte: 1960n } }, open: { $ne: true } },
  { kind: { $nin: ['a', 'b'] }, open: { $exists: false } },
  { $and: [{ year: { $gt: 1910n } }, { $or: [{ kind: 'b' }, { score: { $lt: 1 } }] }, { open: false }] },
  { $and: [{ year: { $gt: 1910n } }, { year: { $lt: 1912n } }], $not: { kind: 'c', open: true } },
  { year: { $gte: 1950n }, kind: { $in: [] } },
  { year: { $gte: 1950n }, kind: { $nin: [] } },
  { year: { $gt: 3000n }, kind: 'a', score: { $gt: 1 } },
];

test('find what each part accepts', () => {
  const { vault, rows } = filled();
  for (const where of CONDITIONS) {
    const expected = rows.flatMap((fields, at) => (meets(fields, where) ? [at] : []));
    const message = shown(where);
    const found = vault.search([0, 0], { k: COUNT, where }).map(({ value }) => value);
    expect(found, message).toEqual(expected);
    const others = new Set(expected.filter((at) => rows[at]?.kind === undefined));
    // A group is left out by a part of its own.
    const groups = vault.search([0, 0], { k: 4, where, distinctBy: 'kind' });
    const first = new Map<unknown, number>();
    for (const at of expected) {
      const kind = rows[at]?.kind;
      if (kind !== undefined && !first.has(kind)) first.set(kind, at);
    }
    for (const { value } of groups) expect([...first.values(), ...others], message).toContain(value);
    for (const at of first.values())
      if (first.size + others.size <= 4) expect(groups.map(({ value }) => value)).toContain(at);
  }
});

function shown(where: object): string {
  return JSON.stringify(where, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}
