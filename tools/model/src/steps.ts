import * as caches from './steps/caches.ts';
import * as columns from './steps/columns.ts';
import * as kv from './steps/kvault.ts';
import * as others from './steps/others.ts';
import * as sql from './steps/raw-sql.ts';
import * as texts from './steps/texts.ts';
import * as transactions from './steps/transactions.ts';
import * as vectors from './steps/vectors.ts';
import { check, checkOthers } from './world/check.ts';
import type { World } from './world/world.ts';

/** The greatest depth of nested bodies. */
const DEEPEST = 5;

type Step = (world: World) => void;

/** The relative frequency of each step. */
const PLAIN: readonly (readonly [number, Step])[] = [
  [14, kv.set],
  [5, kv.remove],
  [4, kv.setMany],
  [2, kv.deleteMany],
  [3, kv.pop],
  [3, kv.setDefault],
  [1, kv.clear],
  [2, kv.openBlob],
  [2, kv.visit],
  [3, columns.create],
  [1, columns.drop],
  [12, columns.append],
  [12, columns.change],
  [7, vectors.insert],
  [3, vectors.update],
  [4, vectors.remove],
  [1, vectors.clear],
  [7, texts.insert],
  [3, texts.update],
  [4, texts.remove],
  [1, texts.clear],
  [5, caches.enable],
  [3, caches.disable],
  [4, caches.flush],
];

const NESTING: readonly (readonly [number, Step])[] = [
  [6, (world) => transactions.ours(world, steps)],
  [4, (world) => caches.scope(world, steps)],
  [3, (world) => caches.lock(world, steps)],
  [2, (world) => transactions.snapshot(world, others.write)],
  [2, (world) => kv.loop(world, step)],
  [2, (world) => columns.loop(world, step)],
  [4, (world) => others.hold(world, steps)],
];

/** The steps of a user who has the connection. */
const USERS: readonly (readonly [number, Step])[] = [
  [20, transactions.command],
  [7, sql.entries],
  [4, sql.failing],
  [2, sql.orphans],
  [2, sql.definition],
  [3, sql.reading],
  [2, sql.iterate],
];

const NESTING_USERS: readonly (readonly [number, Step])[] = [[6, (world) => transactions.users(world, steps)]];

const OTHERS: readonly (readonly [number, Step])[] = [
  [8, others.write],
  [1, maintain],
];

/** Takes a random step, and checks its effect. */
export function step(world: World): void {
  const { random, db } = world;
  const choices = [...PLAIN, ...OTHERS, ...(db ? USERS : [])];
  if (world.depth < DEEPEST) choices.push(...NESTING, ...(db ? NESTING_USERS : []));
  let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  const chosen = choices.find(([weight]) => {
    left -= weight;
    return left < 0;
  });
  chosen?.[1](world);
  world.steps++;
  // Not always: a check refreshes what the next step would otherwise find stale.
  if (random.oneIn(10)) check(world);
  else if (!random.oneIn(4)) check(world, true);
  if (random.oneIn(8)) checkOthers(world);
}

export function steps(world: World, count: number): void {
  for (let nth = 0; nth < count; nth++) step(world);
}

function maintain(world: World): void {
  const { model, kvs, random } = world;
  const [kv] = kvs;
  if (!kv || model.inTransaction || world.ours > 0 || model.lock !== 'nobody') return;
  const optimizes = random.oneIn(3) && world.kind !== 'journal';
  world.log(optimizes ? 'kv0.optimize()' : 'kv0.checkpoint()');
  if (optimizes) kv.vault.optimize();
  else kv.vault.checkpoint();
}
