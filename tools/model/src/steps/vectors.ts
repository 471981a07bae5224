import { isDeepStrictEqual } from 'node:util';
import { nearest, rounded } from '../world/check.ts';
import { Mismatch, show } from '../world/mismatch.ts';
import { value, vector } from '../world/values.ts';
import type { World } from '../world/world.ts';

const touched = { vectors: true };

export function insert(world: World): void {
  const { random, model, vectors } = world;
  const rows = random.list(
    random.oneIn(3) ? 0 : 1,
    random.oneIn(3) ? 5 : 1,
    () => [vector(random), value(random)] as const,
  );
  const isMany = rows.length !== 1;
  let ids: bigint[] = [];
  world.call({
    what: `vectors.${isMany ? 'insertMany' : 'insert'}(${rows.length})`,
    needs: 'file',
    touched,
    real: () => {
      const [first] = rows;
      ids = isMany || !first ? vectors.insertMany(rows) : [vectors.insert(...first)];
      return ids.some((id) => model.file.vectors.has(id)) || new Set(ids).size;
    },
    expected: () => {
      if (rows.length > 0) {
        model.change((file) => {
          for (const [at, [vector, value]] of rows.entries()) file.vectors.set(ids[at] as bigint, { vector, value });
        });
      }
      return rows.length;
    },
  });
}

export function anyId(world: World): bigint {
  const ids = [...world.model.file.vectors.keys()];
  return ids[world.random.below(ids.length + 1)] ?? 1_000_000n;
}

export function update(world: World): void {
  const { random, model, vectors } = world;
  const id = anyId(world);
  const before = model.file.vectors.get(id);
  const changes = {
    ...(random.oneIn(2) && { vector: vector(random) }),
    value: value(random),
  };
  world.call({
    what: `vectors.update(${id}, ${Object.keys(changes)})`,
    needs: 'file',
    touched,
    real: () => vectors.update(id, changes),
    expected: () => {
      if (before) model.change((file) => file.vectors.set(id, { ...before, ...changes }));
      return before !== undefined;
    },
  });
}

export function remove(world: World): void {
  const { model, vectors } = world;
  const id = anyId(world);
  world.call({
    what: `vectors.delete(${id})`,
    needs: 'file',
    touched,
    real: () => vectors.delete(id),
    expected: () => {
      const existed = model.file.vectors.has(id);
      if (existed) model.change((file) => file.vectors.delete(id));
      return existed;
    },
  });
}

export function clear(world: World): void {
  world.call({
    what: 'vectors.clear()',
    needs: 'file',
    touched,
    real: () => world.vectors.clear(),
    expected: () => world.model.change((file) => file.vectors.clear()),
  });
}

/** Searches in another thread while a step runs here: the search finds the vectors of before or after the step. */
export async function searchAside(world: World, step: (world: World) => void): Promise<void> {
  const { model, random, vectors, steps } = world;
  // Without a WAL it would keep others from writing.
  if (world.kind === 'journal') {
    step(world);
    return;
  }
  const query = vector(random);
  const k = 1 + random.below(6);
  const before = nearest(model.file, query, k);
  world.log(`vectors.searchAsync([${query}], ${k})`);
  const searching = vectors.searchAsync(query, k).catch((error: unknown) => error as Error);
  world.settleReads();
  step(world);
  const found = await searching;
  // Its values are read in this thread.
  world.settleReads();
  if (found instanceof Error) throw new Mismatch('searchAsync', { cause: found });
  // A step of several calls has states in between.
  if (world.steps > steps + 1) return;
  const states = [before, nearest(model.file, query, k), nearest(model.committed, query, k)];
  // Values are read in this thread after the search, and may be newer than the neighbors.
  const places = (results: typeof before) => rounded(results).map(({ id, distance }) => ({ id, distance }));
  if (states.some((state) => isDeepStrictEqual(places(found), places(state)))) return;
  throw new Mismatch(`searchAsync([${query}], ${k})\n  found ${show(found)}\n  expected one of ${show(states)}`);
}
