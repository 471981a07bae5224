// Random steps beside a Map: writes, ranges, and snapshots that must not change.
import { KVaultLevel } from '@kohakuvault/level';
import { expect, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

type Model = Map<string, string>;
const seed = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);

interface Range {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: boolean;
  limit?: number;
}

function select(model: Model, { gt, gte, lt, lte, reverse, limit }: Range): [string, string][] {
  const found = [...model]
    .filter(([key]) => (gte === undefined ? gt === undefined || key > gt : key >= gte))
    .filter(([key]) => (lte === undefined ? lt === undefined || key < lt : key <= lte))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (reverse) found.reverse();
  return limit === undefined || limit < 0 ? found : found.slice(0, limit);
}

test(`random steps do what a Map does (KOHAKUVAULT_SEED=${seed})`, async () => {
  const random = new Random(seed);
  const db = new KVaultLevel(tempFile());
  await db.open();
  const model: Model = new Map();
  const held: { snapshot: ReturnType<typeof db.snapshot>; model: Model }[] = [];
  const open: { iterator: ReturnType<typeof db.iterator>; rest: [string, string][] }[] = [];
  const key = () => `k${random.below(40)}`;
  const range = (): Range => ({
    ...(random.oneIn(2) && { [random.pick(['gt', 'gte'])]: key() }),
    ...(random.oneIn(2) && { [random.pick(['lt', 'lte'])]: key() }),
    ...(random.oneIn(2) && { reverse: true }),
    ...(random.oneIn(3) && { limit: random.below(8) }),
  });
  const put = (target: Model) => {
    const operation = { type: 'put' as const, key: key(), value: String(random.below(1_000)) };
    target.set(operation.key, operation.value);
    return operation;
  };
  const del = (target: Model) => {
    const operation = { type: 'del' as const, key: key() };
    target.delete(operation.key);
    return operation;
  };
  const STEPS: (() => Promise<void>)[] = [
    async () => {
      const { key, value } = put(model);
      await db.put(key, value);
    },
    async () => db.del(del(model).key),
    async () => db.batch(random.list(0, 6, () => (random.oneIn(3) ? del(model) : put(model)))),
    async () => {
      const chosen = range();
      for (const [key] of select(model, chosen)) model.delete(key);
      await db.clear(chosen);
    },
    async () => {
      held.push({ snapshot: db.snapshot(), model: new Map(model) });
      if (held.length > 4) await held.shift()?.snapshot.close();
    },
    async () => {
      const chosen = range();
      open.push({ iterator: db.iterator(chosen), rest: select(model, chosen) });
      if (open.length > 4) await open.shift()?.iterator.close();
    },
    async () => {
      const chosen = open.length > 0 ? random.pick(open) : undefined;
      if (!chosen) return;
      const size = 1 + random.below(3);
      expect(await chosen.iterator.nextv(size)).toEqual(chosen.rest.splice(0, size));
    },
    async () => {
      const chosen = range();
      expect(await db.iterator(chosen).all()).toEqual(select(model, chosen));
      const keys = random.list(1, 5, key);
      expect(await db.getMany(keys)).toEqual(keys.map((each) => model.get(each)));
      expect(await db.hasMany(keys)).toEqual(keys.map((each) => model.has(each)));
    },
    async () => {
      if (held.length === 0) return;
      const { snapshot, model: then } = random.pick(held);
      const chosen = range();
      expect(await db.iterator({ ...chosen, snapshot }).all()).toEqual(select(then, chosen));
      const one = key();
      expect(db.getSync(one, { snapshot })).toBe(then.get(one));
    },
  ];
  for (let step = 0; step < 1_500; step++) await random.pick(STEPS)();
  expect(await db.iterator().all()).toEqual(select(model, {}));
  await db.close();
});
