import { text, value } from '../world/values.ts';
import type { World } from '../world/world.ts';

const touched = { texts: true };

export function insert(world: World): void {
  const { random, model, texts } = world;
  const rows = random.list(
    random.oneIn(3) ? 0 : 1,
    random.oneIn(3) ? 5 : 1,
    () => [text(random), value(random)] as const,
  );
  const isMany = rows.length !== 1;
  let ids: bigint[] = [];
  world.call({
    what: `texts.${isMany ? 'insertMany' : 'insert'}(${rows.length})`,
    needs: 'file',
    touched,
    real: () => {
      const [first] = rows;
      ids = isMany || !first ? texts.insertMany(rows) : [texts.insert(...first)];
      return ids.some((id) => model.file.texts.has(id)) || new Set(ids).size;
    },
    expected: () => {
      if (rows.length > 0) {
        model.change((file) => {
          for (const [at, [text, value]] of rows.entries()) file.texts.set(ids[at] as bigint, { text, value });
        });
      }
      return rows.length;
    },
  });
}

export function anyId(world: World): bigint {
  const ids = [...world.model.file.texts.keys()];
  return ids[world.random.below(ids.length + 1)] ?? 1_000_000n;
}

export function update(world: World): void {
  const { random, model, texts } = world;
  const id = anyId(world);
  const before = model.file.texts.get(id);
  const changed = random.oneIn(2) ? text(random) : undefined;
  const given = value(random);
  world.call({
    what: `texts.update(${id}, ${changed === undefined ? 'value' : 'texts,value'})`,
    needs: 'file',
    touched,
    real: () => texts.update(id, { texts: changed, value: given }),
    expected: () => {
      if (before) model.change((file) => file.texts.set(id, { text: changed ?? before.text, value: given }));
      return before !== undefined;
    },
  });
}

export function remove(world: World): void {
  const { model, texts } = world;
  const id = anyId(world);
  world.call({
    what: `texts.delete(${id})`,
    needs: 'file',
    touched,
    real: () => texts.delete(id),
    expected: () => {
      const existed = model.file.texts.has(id);
      if (existed) model.change((file) => file.texts.delete(id));
      return existed;
    },
  });
}

export function clear(world: World): void {
  world.call({
    what: 'texts.clear()',
    needs: 'file',
    touched,
    real: () => world.texts.clear(),
    expected: () => world.model.change((file) => file.texts.clear()),
  });
}
