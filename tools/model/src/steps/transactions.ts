import { DatabaseBusy, KohakuVaultError } from '@kohakuvault/core-native';
import { check, checkOthers } from '../world/check.ts';
import { Mismatch } from '../world/mismatch.ts';
import { type Level, Refused, writeElements, writeEntries } from '../world/model.ts';
import type { World } from '../world/world.ts';

export type Steps = (world: World, count: number) => void;

const SAVEPOINTS = ['a', 'b', 'C'];

/** Runs a command of the user that begins or ends a transaction or savepoint. */
export function command(world: World) {
  const { random, model } = world;
  const name = SAVEPOINTS[random.below(SAVEPOINTS.length)] as string;
  // SQLite ignores the case of names.
  const spelled = random.oneIn(2) ? name : name.toUpperCase();
  const open = model.levels.some((level) => level.name !== undefined && SAVEPOINTS.includes(level.name));
  // It rarely ends one of ours around it: the result is defined, but leaves little to test.
  const ends = world.ours === 0 || random.oneIn(8);
  // If another connection has committed since, it can only read.
  if (model.inTransaction && !model.canWrite && ends && random.oneIn(2))
    return run(world, 'ROLLBACK', () => model.rollback());
  switch (random.below(model.inTransaction ? 9 : 3)) {
    case 0:
    case 3:
    case 4:
      return run(world, `SAVEPOINT ${spelled}`, () => void model.savepoint(name));
    case 1:
    case 2: {
      if (model.inTransaction) return run(world, `SAVEPOINT ${spelled}`, () => void model.savepoint(name));
      const immediate = random.oneIn(3);
      return run(world, immediate ? 'BEGIN IMMEDIATE' : 'BEGIN', () => model.begin(immediate), immediate);
    }
    case 5:
      if (!open && !random.oneIn(8)) return;
      if (!ends && isAround(world, name)) return;
      return run(world, `RELEASE ${spelled}`, () => model.release(name));
    case 6:
      if (!open && !random.oneIn(8)) return;
      if (!ends && isAround(world, name)) return;
      return run(world, `ROLLBACK TO ${spelled}`, () => model.rollbackTo(name));
    case 7:
      return ends ? run(world, 'COMMIT', () => model.commit()) : undefined;
    default:
      return ends ? run(world, 'ROLLBACK', () => model.rollback()) : undefined;
  }
}

/** Returns whether the innermost savepoint of this name is outside our transactions. */
function isAround({ model }: World, name: string): boolean {
  const found = model.levels.findLastIndex((level) => level.name === name);
  const ours = model.levels.findLastIndex((level) => level.name?.startsWith('ours') ?? true);
  return found <= ours;
}

/** Runs SQL of the user, which SQLite must refuse if the model does. */
function run(world: World, sql: string, expected: () => void, locks = false): void {
  const { model } = world;
  world.log(sql);
  const isBusy = locks && !model.inTransaction && !model.canWrite;
  let error: Error | undefined;
  try {
    world.user.exec(sql);
  } catch (thrown) {
    error = thrown as Error;
  }
  world.rethrow(error);
  let refused: unknown;
  if (!isBusy) {
    try {
      expected();
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      refused = thrown;
    }
  }
  if ((isBusy || refused !== undefined) !== (error !== undefined)) {
    throw new Mismatch(`${sql}: expected ${refused ?? (isBusy ? 'busy' : 'success')}`, { cause: error });
  }
}

/** Runs `vault.transaction()` with steps inside, which may throw or end it. */
export function ours(world: World, steps: Steps): void {
  const { random, model } = world;
  const vaults = [...world.kvs, ...world.cvs].map(({ name, vault }) => ({ name, vault }));
  const { name, vault } = vaults[random.below(vaults.length)] as (typeof vaults)[number];
  const isOutermost = !model.inTransaction;
  const isFree = model.canWrite;
  const isBroken = world.isBroken;
  const fails = random.oneIn(3) ? new Error('thrown by the body') : undefined;
  const wasFixed = model.fixed;
  let token: Level | undefined;
  let error: unknown;
  world.log(`${name}.transaction(() => {`);
  try {
    const returned = vault.transaction(() => {
      if (!isFree) throw new Mismatch('the body of a transaction runs although another connection has the lock');
      if (isOutermost) model.begin(true);
      else {
        model.savepoint(`ours ${world.ours}`);
        model.take();
      }
      token = model.levels.at(-1);
      if (world.ours === 0) world.around = model.levels[0];
      world.ours++;
      try {
        world.within(() => steps(world, random.below(6)));
      } finally {
        world.ours--;
      }
      // Pending writes are written now, and a function cannot know how many.
      world.touched = { columns: 'all' };
      if (fails) throw fails;
      return 'returned';
    });
    world.equal('what transaction() returns', returned, 'returned');
  } catch (thrown) {
    error = thrown;
  }
  world.touched = {};
  world.log(fails ? '}) throws' : '})');
  world.rethrow(error);
  if (token === undefined) {
    if (isBroken && error instanceof KohakuVaultError) return;
    if (isFree || !(error instanceof DatabaseBusy)) throw new Mismatch(`${name}.transaction() threw`, { cause: error });
    if (!wasFixed) world.settleReads();
    return;
  }
  const expected = ended(world, token, isOutermost, fails);
  if (expected === undefined && error !== undefined)
    throw new Mismatch(`${name}.transaction() threw`, { cause: error });
  if (expected !== undefined && error !== expected && !(expected === 'ours' && error instanceof KohakuVaultError)) {
    throw new Mismatch(`${name}.transaction(): expected ${expected === 'ours' ? 'an error' : expected}`, {
      cause: error,
    });
  }
}

/** Ends one of our transactions in the model. Returns the error that must be thrown. */
function ended(world: World, token: Level, isOutermost: boolean, fails: Error | undefined): Error | 'ours' | undefined {
  const { model } = world;
  const index = model.levels.indexOf(token);
  if (fails || index < 0) {
    if (isOutermost) {
      if (model.inTransaction) model.rollback();
    } else if (index >= 0) {
      model.goBack(index);
      model.levels.length = index;
    }
    return index < 0 && !fails ? 'ours' : fails;
  }
  if (world.ours === 0) {
    model.change((file, pending) => {
      if (world.locks.kv === 0) writeEntries(file, pending);
      if (world.locks.columns === 0) writeElements(file, pending);
    });
  }
  if (!isOutermost) {
    model.levels.length = index;
    return undefined;
  }
  if (model.file.orphans > 0) {
    model.rollback();
    return 'ours';
  }
  model.commit();
  return undefined;
}

const NESTED = '\t_bs3.\t';

/** Runs better-sqlite3's `transaction()` with steps inside, and follows its source in the model. */
export function users(world: World, steps: Steps): void {
  const { random, model, user } = world;
  const isOutermost = !model.inTransaction;
  const isImmediate = isOutermost && random.oneIn(3);
  const isBusy = isImmediate && !model.canWrite;
  const fails = random.oneIn(3) ? new Error('thrown by the body') : undefined;
  let entered = false;
  let error: unknown;
  world.log(`db.transaction(() => {${isImmediate ? ' // immediate' : ''}`);
  const transaction = user.transaction(() => {
    entered = true;
    if (isBusy) throw new Mismatch('the body of db.transaction runs although another connection has the lock');
    if (isOutermost) model.begin(isImmediate);
    else model.savepoint(NESTED);
    world.within(() => steps(world, random.below(6)));
    if (fails) throw fails;
  });
  try {
    if (isImmediate) transaction.immediate();
    else transaction();
  } catch (thrown) {
    error = thrown;
  }
  world.log(fails ? '})() throws' : '})()');
  world.rethrow(error);
  if (!entered) {
    if (!isBusy) throw new Mismatch('db.transaction threw', { cause: error });
    return;
  }
  let expected: unknown;
  try {
    try {
      if (fails) throw fails;
      if (isOutermost) model.commit();
      else model.release(NESTED);
    } catch (thrown) {
      if (model.inTransaction) {
        if (isOutermost) model.rollback();
        else {
          model.rollbackTo(NESTED);
          model.release(NESTED);
        }
      }
      throw thrown;
    }
  } catch (thrown) {
    expected = thrown;
  }
  const isRight = expected instanceof Refused ? error instanceof Error : error === expected;
  if (!isRight) throw new Mismatch(`db.transaction: expected ${expected ?? 'success'}`, { cause: error });
}

/** Runs `vault.snapshot()`, during which others may commit. */
export function snapshot(world: World, others: (world: World) => void): void {
  const { random, model } = world;
  const { name, vault } = world.kvs[random.below(2)] as World['kvs'][number];
  world.log(`${name}.snapshot(() => {`);
  vault.snapshot(() => {
    const isOpen = model.inTransaction;
    if (!isOpen) model.held = model.committed;
    try {
      world.within(() => {
        for (let rounds = random.below(3); rounds >= 0; rounds--) {
          if (!isOpen && random.oneIn(2) && world.kind !== 'journal') others(world);
          check(world, true);
        }
      });
    } finally {
      model.held = undefined;
    }
  });
  world.log('})');
  world.rethrow();
  if (!model.inTransaction) checkOthers(world);
}
