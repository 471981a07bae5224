import { KohakuVaultError } from '@kohakuvault/core-native';
import type { CacheOptions } from '@kohakuvault/core-native/database';
import type { Cache } from '../world/cache.ts';
import { handleOf, pendingBytes } from '../world/check.ts';
import { Mismatch } from '../world/mismatch.ts';
import { writeElements, writeEntries } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { anyColumns, ownCache, waitingBytes } from './columns.ts';
import { anyKv } from './kvault.ts';
import type { Steps } from './transactions.ts';

/** A cache, with everything that its settings and its flush affect. */
interface Subject {
  readonly name: string;
  readonly cache: Cache;
  /** The cache of the whole vault, if this is the cache of a column. */
  readonly whole?: Cache;
  readonly kind: 'kv' | 'columns';
  readonly only?: string;
  readonly real: {
    enableCache(options?: CacheOptions): void;
    disableCache(): void;
    flushCache(): number;
    // biome-ignore lint/suspicious/noExplicitAny: three classes, whose bodies get different arguments.
    cache(options: CacheOptions, body: (owner: any) => unknown): unknown;
  };
}

function anySubject(world: World): Subject {
  const { random, model } = world;
  if (random.oneIn(2)) {
    const { name, cache, vault } = anyKv(world);
    return { name, cache, kind: 'kv', real: vault as never };
  }
  const columns = anyColumns(world);
  const names = [...model.file.columns.keys()];
  const only = names[random.below(names.length * 2)];
  if (only === undefined)
    return { name: columns.name, cache: columns.cache, kind: 'columns', real: columns.vault as never };
  return {
    name: `${columns.name} ${only}`,
    cache: ownCache(columns, only),
    whole: columns.cache,
    kind: 'columns',
    only,
    real: handleOf(world, columns, only) as never,
  };
}

function options(world: World): CacheOptions {
  const { random } = world;
  switch (random.below(5)) {
    case 0:
      return { capBytes: 50 + random.below(400) };
    case 1:
      return { capBytes: 1000, flushThreshold: 20 + random.below(300) };
    case 2:
      return { autoFlush: false, capBytes: random.oneIn(2) ? 200 : 100_000 };
    default:
      return {};
  }
}

function bytesOf(world: World, { kind, only }: Subject): number {
  return kind === 'kv' ? pendingBytes(world.model) : waitingBytes(world.model, only);
}

function countOf(world: World, { kind, only }: Subject): number {
  const { pending } = world.model;
  if (kind === 'kv') return pending.kv.size;
  let count = 0;
  for (const [name, elements] of pending.columns) if (only === undefined || name === only) count += elements.length;
  return count;
}

function writeOut(world: World, { kind, only }: Subject): void {
  world.model.change((file, pending) => {
    if (kind === 'kv') writeEntries(file, pending);
    else writeElements(file, pending, only);
  });
}

/** Returns whether something is written when settings or a lock end. */
function settles(world: World, subject: Subject): boolean {
  if (countOf(world, subject) === 0 || world.locks[subject.kind] > 0) return false;
  if (subject.cache.active) return subject.cache.isDue(bytesOf(world, subject));
  return !subject.whole?.active;
}

export function flush(world: World): void {
  const subject = anySubject(world);
  const count = world.locks[subject.kind] > 0 ? 0 : countOf(world, subject);
  world.call({
    what: `${subject.name}.flushCache() of ${count}`,
    needs: count > 0 ? 'file' : 'nothing',
    touched: { columns: 'all' },
    real: () => subject.real.flushCache(),
    expected: () => {
      if (count > 0) writeOut(world, subject);
      return count;
    },
  });
}

export function enable(world: World): void {
  const subject = anySubject(world);
  const given = options(world);
  const takeBack = subject.cache.enable(given);
  const isDue =
    countOf(world, subject) > 0 && world.locks[subject.kind] === 0 && subject.cache.isDue(bytesOf(world, subject));
  world.call({
    what: `${subject.name}.enableCache(${JSON.stringify(given)})`,
    needs: isDue ? 'file' : 'nothing',
    touched: { columns: 'all' },
    real: () => orElse(takeBack, () => subject.real.enableCache(given)),
    expected: () => {
      if (isDue) writeOut(world, subject);
    },
  });
}

export function disable(world: World): void {
  const subject = anySubject(world);
  const takeBack = subject.cache.disable();
  const writes = settles(world, subject);
  world.call({
    what: `${subject.name}.disableCache()`,
    needs: writes ? 'file' : 'nothing',
    touched: { columns: 'all' },
    real: () => orElse(takeBack, () => subject.real.disableCache()),
    expected: () => {
      if (writes) writeOut(world, subject);
    },
  });
}

/** Restores the settings that were in force before a change whose flush failed. */
function orElse(takeBack: () => void, work: () => void): void {
  try {
    work();
  } catch (error) {
    takeBack();
    throw error;
  }
}

/** Runs steps inside a body after which something may be written. */
function around(
  world: World,
  steps: Steps,
  {
    name,
    subject,
    real,
    begin,
  }: { name: string; subject: Subject; real: (body: () => void) => void; begin: () => () => void },
): void {
  const { random, model } = world;
  const fails = random.oneIn(6) ? new Error('thrown by the body') : undefined;
  let writes = false;
  let isBusy = false;
  let wasFixed = true;
  let error: unknown;
  world.log(`${name}(() => {`);
  try {
    real(() => {
      const end = begin();
      try {
        world.within(() => steps(world, random.below(8)));
      } finally {
        end();
      }
      writes = settles(world, subject);
      isBusy = writes && (!model.canWrite || world.isBroken);
      wasFixed = model.fixed;
      world.touched = { columns: 'all' };
      if (fails) throw fails;
    });
  } catch (thrown) {
    error = thrown;
  }
  world.touched = {};
  world.log(fails ? '}) throws' : '})');
  world.rethrow(error);
  const isRight = isBusy ? error instanceof KohakuVaultError || error === fails : error === fails;
  if (!isRight || (isBusy && error === undefined))
    throw new Mismatch(`${name}: its end threw ${error}`, { cause: error });
  if (writes && !isBusy) writeOut(world, subject);
  if (!wasFixed) world.settleReads();
}

export function scope(world: World, steps: Steps): void {
  const subject = anySubject(world);
  const given = options(world);
  around(world, steps, {
    name: `${subject.name}.cache(${JSON.stringify(given)}, `,
    subject,
    real: (body) => void subject.real.cache(given, body),
    begin: () => subject.cache.open(given),
  });
}

export function lock(world: World, steps: Steps): void {
  const isKv = world.random.oneIn(2);
  const { name, cache, vault } = isKv ? anyKv(world) : anyColumns(world);
  const kind = isKv ? 'kv' : 'columns';
  around(world, steps, {
    name: `${name}.lockCache`,
    subject: { name, cache, kind, real: vault as never },
    real: (body) => void vault.lockCache(body),
    begin: () => {
      world.locks[kind]++;
      return () => {
        world.locks[kind]--;
      };
    },
  });
}
