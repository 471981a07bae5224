import { Cache } from '../world/cache.ts';
import { handleOf } from '../world/check.ts';
import { type Model, writeElements } from '../world/model.ts';
import { COLUMNS, element, elementBytes } from '../world/values.ts';
import type { Columns, World } from '../world/world.ts';

const NAMES = Object.keys(COLUMNS);

export function anyColumns(world: World): Columns {
  return world.cvs[world.random.below(world.cvs.length)] as Columns;
}

/** Returns the settings of one column's own cache in one vault. */
export function ownCache(columns: Columns, name: string): Cache {
  let cache = columns.own.get(name);
  if (!cache) {
    cache = new Cache();
    columns.own.set(name, cache);
  }
  return cache;
}

function isActive(columns: Columns, name: string): boolean {
  return columns.cache.active || ownCache(columns, name).active;
}

/** Returns the pending bytes of one column, or of all. */
export function waitingBytes(model: Model, only?: string): number {
  let bytes = 0;
  for (const [name, elements] of model.pending.columns) {
    if (only !== undefined && name !== only) continue;
    for (const element of elements) bytes += elementBytes(COLUMNS[name] as never, element);
  }
  return bytes;
}

/** Returns a column and the vault that uses it. Creates the column if there is none. */
function anyColumn(world: World): { columns: Columns; name: string } | undefined {
  const names = [...world.model.file.columns.keys()];
  const columns = anyColumns(world);
  const name = names[world.random.below(names.length)];
  return name === undefined ? undefined : { columns, name };
}

export function create(world: World): void {
  const columns = anyColumns(world);
  const name = NAMES[world.random.below(NAMES.length)] as string;
  const dtype = COLUMNS[name] as never;
  const exists = world.model.file.columns.has(name);
  const isEnsure = world.random.oneIn(2);
  world.call({
    what: `${columns.name}.${isEnsure ? 'ensure' : 'createColumn'}('${name}')`,
    needs: exists && isEnsure ? 'nothing' : 'file',
    touched: { columns: [name] },
    ...(exists && !isEnsure && { throws: ['KV_INVALID_ARGUMENT'] }),
    real: () => (isEnsure ? columns.vault.ensure(name, dtype) : columns.vault.createColumn(name, dtype)).length,
    expected: () => {
      if (!exists) world.model.change((file) => file.columns.set(name, { dtype, stored: [] }));
      return world.model.elements(name)?.length;
    },
  });
}

export function drop(world: World): void {
  const columns = anyColumns(world);
  const name = NAMES[world.random.below(NAMES.length)] as string;
  const exists = world.model.file.columns.has(name);
  world.call({
    what: `${columns.name}.deleteColumn('${name}')`,
    needs: 'file',
    touched: { columns: [name] },
    real: () => columns.vault.deleteColumn(name),
    expected: () => {
      world.model.change((file, pending) => {
        pending.columns.delete(name);
        file.columns.delete(name);
      });
      return exists;
    },
  });
}

/** Returns what an append does before it and with its elements: see `ColumnCache.add`. */
function addition(world: World, columns: Columns, name: string, added: readonly unknown[]) {
  const { model, locks } = world;
  const own = ownCache(columns, name);
  const whole = columns.cache;
  const direct = { needs: 'file' as const, run: () => addNow(world, name, added) };
  if (!isActive(columns, name)) return direct;
  let bytes = 0;
  for (const element of added) bytes += elementBytes(COLUMNS[name] as never, element);
  const isLocked = locks.columns > 0;
  const flushesOwn = !isLocked && own.isBeyond(waitingBytes(model, name) + bytes);
  const ownLeft = flushesOwn ? 0 : waitingBytes(model, name);
  const allLeft = waitingBytes(model) - (flushesOwn ? waitingBytes(model, name) : 0);
  const flushesAll = !isLocked && whole.isBeyond(allLeft + bytes);
  const isTooLong = (flushesOwn && own.isBeyond(bytes)) || (flushesAll && whole.isBeyond(bytes));
  const isDue = !isLocked && whole.isDue((flushesAll ? 0 : allLeft) + bytes);
  const isOwnDue = !isLocked && own.isDue((flushesAll ? 0 : ownLeft) + bytes);
  const flushes =
    (flushesOwn && waitingBytes(model, name) >= 0 && model.waiting(name).length > 0) ||
    (flushesAll && model.pending.columns.size > 0);
  const needs = flushes || isTooLong || isDue || isOwnDue ? ('file' as const) : ('memory' as const);
  const run = () => {
    if (flushesOwn && model.waiting(name).length > 0)
      model.change((file, pending) => writeElements(file, pending, name));
    if (flushesAll && model.pending.columns.size > 0) model.change((file, pending) => writeElements(file, pending));
    if (isTooLong) {
      addNow(world, name, added);
      return;
    }
    model.remember((pending) => pending.columns.set(name, [...model.waiting(name), ...added]));
    if (isDue) model.change((file, pending) => writeElements(file, pending));
    else if (isOwnDue) model.change((file, pending) => writeElements(file, pending, name));
  };
  return { needs, run };
}

function addNow(world: World, name: string, added: readonly unknown[]): void {
  world.model.change((file, pending) => {
    writeElements(file, pending, name);
    file.columns.get(name)?.stored.push(...added);
  });
}

export function append(world: World) {
  const found = anyColumn(world);
  if (!found) return create(world);
  const { columns, name } = found;
  const { random, model } = world;
  const { dtype } = model.column(name);
  const isMany = random.oneIn(2);
  const added = isMany
    ? random.list(0, random.oneIn(8) ? 150 : 6, () => element(random, dtype))
    : [element(random, dtype)];
  const { needs, run } = addition(world, columns, name, added);
  const isNothing = added.length === 0;
  world.call({
    what: `${columns.name} ${name}.${isMany ? 'extend' : 'append'}(${added.length}) (${needs})`,
    needs: isNothing ? 'nothing' : needs,
    isWhole: !isActive(columns, name),
    touched: { columns: 'all' },
    real: () => {
      const column = handleOf(world, columns, name);
      return isMany ? column.extend(added as never) : column.append(added[0]);
    },
    expected: () => {
      if (!isNothing) run();
      return model.elements(name)?.length;
    },
  });
}

/** Returns what a change from an index on needs, and whether the column's pending elements are written first. */
function changeFrom(world: World, columns: Columns, name: string, from: number) {
  const waiting = world.model.waiting(name).length;
  const active = isActive(columns, name);
  const stored = world.model.column(name).stored.length;
  if (waiting > 0 && !active) return { needs: 'file' as const, flushes: true };
  const isBehind = waiting > 0 && (from < 0 ? -from <= waiting : from >= stored);
  return { needs: isBehind ? ('memory' as const) : ('file' as const), flushes: false };
}

/** Replaces elements by others, in the file or among the pending ones, as the library does. */
function splice(world: World, name: string, flushes: boolean, start: number, count: number, added: unknown[]): void {
  const work = (stored: unknown[], waiting: unknown[]) => {
    const committed = stored.length;
    const ofStored = Math.max(0, Math.min(count, committed - start));
    const intoStore = start < committed || (start === committed && waiting.length === 0);
    if (count > ofStored) waiting.splice(Math.max(0, start - committed), count - ofStored, ...(intoStore ? [] : added));
    else if (!intoStore) waiting.splice(start - committed, 0, ...added);
    if (intoStore) stored.splice(start, ofStored, ...added);
  };
  apply(world, name, flushes, work);
}

function overwrite(world: World, name: string, flushes: boolean, start: number, elements: unknown[]): void {
  apply(world, name, flushes, (stored, waiting) => {
    elements.forEach((element, nth) => {
      const index = start + nth;
      if (index < stored.length) stored[index] = element;
      else waiting[index - stored.length] = element;
    });
  });
}

function apply(
  world: World,
  name: string,
  flushes: boolean,
  work: (stored: unknown[], waiting: unknown[]) => void,
): void {
  const { model } = world;
  model.change((file, pending) => {
    if (flushes) writeElements(file, pending, name);
    const waiting = [...(pending.columns.get(name) ?? [])];
    work(file.columns.get(name)?.stored as unknown[], waiting);
    if (waiting.length > 0) pending.columns.set(name, waiting);
    else pending.columns.delete(name);
  });
}

export function change(world: World) {
  const found = anyColumn(world);
  if (!found) return create(world);
  const { columns, name } = found;
  const { random, model } = world;
  const { dtype } = model.column(name);
  const elements = model.elements(name) as unknown[];
  const { length } = elements;
  const column = handleOf(world, columns, name);
  const index = random.below(length + 1);
  const touched = { columns: 'all' as const };
  const shown = `${columns.name} ${name}`;
  const at = index < length && random.oneIn(3) ? index - length : index;
  switch (random.below(length === 0 ? 4 : 9)) {
    case 0: {
      const given = element(random, dtype);
      const isAppend = isActive(columns, name) && at >= length;
      const { needs, flushes } = changeFrom(world, columns, name, at);
      const added = isAppend ? addition(world, columns, name, [given]) : undefined;
      return world.call({
        what: `${shown}.insert(${at}) of ${length}`,
        needs: added?.needs ?? needs,
        isWhole: added === undefined,
        touched,
        real: () => column.insert(at, given),
        expected: () => (added ? added.run() : splice(world, name, flushes, index, 0, [given])),
      });
    }
    case 1: {
      const { needs, flushes } = changeFrom(world, columns, name, -1);
      return world.call({
        what: `${shown}.pop() of ${length}`,
        needs,
        touched,
        real: () => column.pop() as unknown,
        expected: () => {
          if (length > 0) splice(world, name, flushes, length - 1, 1, []);
          return elements.at(-1);
        },
      });
    }
    case 2: {
      if (!random.oneIn(6)) return;
      return world.call({
        what: `${shown}.clear() of ${length}`,
        needs: 'file',
        touched,
        real: () => column.clear(),
        expected: () =>
          model.change((file, pending) => {
            file.columns.get(name)?.stored.splice(0);
            pending.columns.delete(name);
          }),
      });
    }
    case 3: {
      const { flushes } = changeFrom(world, columns, name, 0);
      return world.call({
        what: `${shown}.compact() of ${length}`,
        needs: 'file',
        touched,
        real: () => column.compact(),
        expected: () => (flushes ? splice(world, name, true, 0, 0, []) : model.take()),
      });
    }
    case 4: {
      const { needs, flushes } = changeFrom(world, columns, name, 0);
      return world.call({
        what: `${shown}.reverse() of ${length}`,
        needs,
        touched,
        real: () => column.reverse() === column,
        expected: () => {
          overwrite(world, name, flushes, 0, [...elements].reverse());
          return true;
        },
      });
    }
    case 5: {
      const place = random.below(length);
      const index = random.oneIn(3) ? place - length : place;
      const given = element(random, dtype);
      const { needs, flushes } = changeFrom(world, columns, name, index);
      return world.call({
        what: `${shown}.set(${index}) of ${length}`,
        needs,
        touched,
        real: () => column.set(index, given),
        expected: () => overwrite(world, name, flushes, place, [given]),
      });
    }
    case 6: {
      const place = random.below(length);
      const index = random.oneIn(3) ? place - length : place;
      const { needs, flushes } = changeFrom(world, columns, name, index);
      return world.call({
        what: `${shown}.remove(${index}) of ${length}`,
        needs,
        touched,
        real: () => column.remove(index) as unknown,
        expected: () => {
          splice(world, name, flushes, place, 1, []);
          return elements[place];
        },
      });
    }
    case 7: {
      const [from, to] = [random.below(length + 1), random.below(length + 2)];
      const { needs, flushes } = changeFrom(world, columns, name, from);
      const count = Math.max(0, Math.min(to, length) - from);
      return world.call({
        what: `${shown}.removeRange(${from}, ${to}) of ${length}`,
        needs: count === 0 && needs === 'memory' ? 'nothing' : needs,
        touched,
        real: () => column.removeRange(from, to),
        expected: () => {
          if (count > 0 || needs === 'file') splice(world, name, flushes, from, count, []);
          return count;
        },
      });
    }
    default: {
      const from = random.below(length);
      const given = random.list(1, Math.min(6, length - from), () => element(random, dtype));
      const { needs, flushes } = changeFrom(world, columns, name, from);
      return world.call({
        what: `${shown}.setSlice(${from}, ${given.length}) of ${length}`,
        needs,
        touched,
        real: () => column.setSlice(from, given as never),
        expected: () => overwrite(world, name, flushes, from, given),
      });
    }
  }
}

/** Loops over elements while the body changes the column: an element is seen as it is when it is reached. */
export function loop(world: World, step: (world: World) => void): void {
  const found = anyColumn(world);
  if (!found) return;
  const { columns, name } = found;
  const { random, model } = world;
  const real = handleOf(world, columns, name)[Symbol.iterator]();
  world.log(`for (of ${columns.name} ${name}) {`);
  world.within(() => {
    for (let index = 0; index < 20; index++) {
      if (!model.file.columns.has(name)) break;
      const next = real.next();
      world.rethrow();
      world.settleReads();
      const elements = model.elements(name) as unknown[];
      world.equal(`${columns.name} ${name}: element ${index} of the loop`, next.value, elements[index]);
      world.equal(`${columns.name} ${name}: whether the loop ends at ${index}`, next.done, index >= elements.length);
      if (next.done) return;
      if (random.oneIn(6)) step(world);
      if (random.oneIn(20)) break;
    }
    real.return?.(undefined);
  });
  world.log('}');
  world.settleReads();
}
