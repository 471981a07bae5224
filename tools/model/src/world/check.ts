import { isDeepStrictEqual } from 'node:util';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { expectedContent } from './content.ts';
import { Mismatch } from './mismatch.ts';
import { DELETED, type Model } from './model.ts';
import type { FileState } from './state.ts';
import { distance, encoded, vector, WORDS } from './values.ts';
import type { Columns, Entries, World } from './world.ts';

/** Compares the answers of the main connection with the model: all of them, or a random part. */
export function check(world: World, part = false): void {
  const { random } = world;
  const skip = () => part && random.oneIn(2);
  for (const kv of world.kvs) if (!skip()) checkEntries(world, kv, part);
  for (const columns of world.cvs) if (!skip()) checkColumns(world, columns, part);
  if (!skip()) checkVectors(world, part);
  if (!skip()) checkTexts(world, part);
  if (world.db && !world.isIterating && random.oneIn(3)) checkTables(world);
  world.rethrow();
  world.settleReads();
}

function checkEntries(world: World, { name, vault, cache }: Entries, part: boolean): void {
  const { random, model } = world;
  const entries = model.entries();
  const values = new Map(entries);
  const way = part ? random.below(7) : -1;
  const is = (number: number) => way < 0 || way === number;
  if (is(0)) world.equal(`${name}.size`, vault.size, entries.length);
  if (is(1)) world.equal(`${name}.entries()`, [...vault.entries()], entries);
  if (is(2)) {
    const reverse = [...vault.keys({ reverse: true })];
    world.equal(`${name}.keys({ reverse })`, reverse, entries.map(([key]) => key).reverse());
  }
  if (is(3)) {
    const expected = entries.filter(([key]) => key.startsWith('b')).map(([, value]) => value);
    world.equal(`${name}.values('b')`, [...vault.values('b')], expected);
  }
  if (is(4)) {
    const keys = random.list(1, 6, () => world.key());
    world.equal(
      `${name}.getMany(${keys})`,
      vault.getMany(keys),
      keys.map((key) => values.get(key)),
    );
  }
  if (is(5)) {
    for (const wanted of random.list(1, 4, () => world.key())) {
      world.equal(`${name}.get('${wanted}')`, vault.get(wanted), values.get(wanted));
      world.equal(`${name}.has('${wanted}')`, vault.has(wanted), values.has(wanted));
    }
  }
  if (is(6)) {
    const { settings } = cache;
    const expected = settings && {
      entries: model.pending.kv.size,
      bytes: pendingBytes(model),
      capBytes: settings.capBytes,
    };
    world.equal(`${name}.cacheStats`, vault.cacheStats, expected);
  }
}

/** Returns the bytes of the pending keys and values. */
export function pendingBytes({ pending }: Model): number {
  let bytes = 0;
  for (const [key, value] of pending.kv)
    bytes += Buffer.byteLength(key) + (value === DELETED ? 0 : encoded(value).length);
  return bytes;
}

function checkColumns(world: World, columns: Columns, part: boolean): void {
  const { random, model } = world;
  if (!part || random.oneIn(3)) {
    const listed = columns.vault.listColumns().map(({ name, dtype, length }) => `${name} ${dtype} ${length}`);
    const expected = [...model.file.columns].map(
      ([name, { dtype }]) => `${name} ${dtype} ${model.elements(name)?.length}`,
    );
    world.equal(`${columns.name}.listColumns()`, listed.sort(), expected.sort());
  }
  for (const name of model.file.columns.keys()) if (!part || random.oneIn(2)) checkColumn(world, columns, name, part);
}

function checkColumn(world: World, columns: Columns, name: string, part: boolean): void {
  const { random, model } = world;
  const column = handleOf(world, columns, name);
  const elements = model.elements(name) as unknown[];
  const shown = `${columns.name} ${name}`;
  const way = part ? random.below(6) : -1;
  const is = (number: number) => way < 0 || way === number;
  if (is(0)) world.equal(`${shown}.length`, column.length, elements.length);
  if (is(1)) world.equal(`${shown}.slice()`, Array.from(column.slice()), elements);
  if (is(2)) world.equal(`[...${shown}]`, [...column], elements);
  if (is(3)) {
    for (const index of random.list(1, 4, () => random.below(elements.length + 2) - 1)) {
      world.equal(`${shown}.at(${index})`, column.at(index), elements.at(index));
    }
  }
  if (is(4)) {
    const [from, to] = [random.below(elements.length + 1), random.below(elements.length + 1)];
    world.equal(`${shown}.slice(${from}, ${to})`, Array.from(column.slice(from, to)), elements.slice(from, to));
  }
  if (is(5) && elements.length > 0) {
    const wanted = elements[random.below(elements.length)];
    const expected = elements.findIndex((element) => isDeepStrictEqual(element, wanted));
    world.equal(`${shown}.indexOf()`, column.indexOf(wanted), expected);
  }
}

/** Returns the column from a vault, or the object that the vault gave out when the column had this dtype. */
export function handleOf(world: World, columns: Columns, name: string) {
  const { dtype } = world.model.column(name);
  let handle = columns.handles.get(name);
  if (handle?.dtype !== dtype) {
    handle = { column: columns.vault.column(name, dtype), dtype };
    columns.handles.set(name, handle);
  }
  return handle.column;
}

/** Returns the nearest vectors, the nearest first. Of equally near ones, the newest comes first. */
export function nearest({ vectors }: FileState, query: readonly number[], k: number) {
  return [...vectors]
    .map(([id, { vector, value }]) => ({ id, distance: distance(query, vector), value }))
    .sort((one, other) => one.distance - other.distance || Number(other.id - one.id))
    .slice(0, k);
}

export function rounded(results: readonly { id: bigint; distance: number; value: unknown }[]) {
  return results.map((result) => ({ ...result, distance: result.distance.toFixed(4) }));
}

function checkVectors(world: World, part: boolean): void {
  const { random, model, vectors } = world;
  const all = model.file.vectors;
  const way = part ? random.below(5) : -1;
  const is = (number: number) => way < 0 || way === number;
  if (is(0)) world.equal('vectors.size', vectors.size, all.size);
  if (is(1) || is(2)) {
    const query = vector(random);
    const k = random.oneIn(3) ? all.size + 1 : 1 + random.below(5);
    world.equal(
      `vectors.search([${query}], ${k})`,
      rounded(vectors.search(query, k)),
      rounded(nearest(model.file, query, k)),
    );
  }
  if (is(3)) {
    const listed = [...vectors].map(([id, vector, value]) => [id, Array.from(vector as Float32Array), value]);
    world.equal('[...vectors]', listed, expectedContent(model.file).vectors);
  }
  if (is(4)) {
    const ids = [...all.keys()];
    const id = ids[random.below(ids.length + 1)] ?? 999_999n;
    const found = vectors.getById(id);
    const expected = all.get(id);
    world.equal(`vectors.has(${id})`, vectors.has(id), expected !== undefined);
    world.equal(
      `vectors.getById(${id})`,
      found && [Array.from(found.vector as Float32Array), found.value],
      expected && [expected.vector, expected.value],
    );
  }
}

function checkTexts(world: World, part: boolean): void {
  const { random, model, texts } = world;
  const all = model.file.texts;
  const way = part ? random.below(5) : -1;
  const is = (number: number) => way < 0 || way === number;
  if (is(0)) world.equal('texts.size', texts.size, all.size);
  if (is(1) || is(2)) {
    const word = random.pick(WORDS);
    const expected = idsWith(model.file, word);
    const found = texts.search(word, all.size + 1);
    world.equal(`texts.search('${word}')`, found.map(({ id }) => id).sort(byNumber), expected);
    world.equal(
      `the order of texts.search('${word}')`,
      found.map(({ score }) => score),
      found.map(({ score }) => score).sort((one, other) => other - one),
    );
    world.equal(
      `what texts.search('${word}') has read`,
      found.map(({ texts, value }) => [texts.content, value]),
      found.map(({ id }) => [all.get(id)?.text, all.get(id)?.value]),
    );
    world.equal(`texts.count('${word}')`, texts.count(word), expected.length);
  }
  if (is(3)) {
    const listed = [...texts].map(([id, { content }, value]) => [id, content, value]);
    world.equal('[...texts]', listed, expectedContent(model.file).texts);
  }
  if (is(4)) {
    const ids = [...all.keys()];
    const id = ids[random.below(ids.length + 1)] ?? 999_999n;
    const found = texts.getById(id);
    const expected = all.get(id);
    world.equal(`texts.has(${id})`, texts.has(id), expected !== undefined);
    world.equal(
      `texts.getById(${id})`,
      found && [found.texts.content, found.value],
      expected && [expected.text, expected.value],
    );
  }
}

/** Returns the ids of the texts with a word, in their order. */
function idsWith({ texts }: FileState, word: string): bigint[] {
  const found = [...texts].filter(([, { text }]) => text.split(' ').includes(word));
  return found.map(([id]) => id).sort(byNumber);
}

function byNumber(one: bigint, other: bigint): number {
  return Number(one - other);
}

/** Compares the content of the file, as the user's SQL on the main connection sees it, with the model. */
function checkTables(world: World): void {
  const rows = world.user.prepare('SELECT key, value FROM main.kv ORDER BY key').raw().all() as [Buffer, Buffer][];
  const expected = expectedContent(world.model.file).kv.map(([key, value]): [Buffer, Buffer] => {
    return [Buffer.from(key), encoded(value)];
  });
  // A value in parts has only a manifest here.
  const shown = (key: Buffer, value: Buffer, whole: Buffer) => [key, whole.length > world.longest ? 'in parts' : value];
  world.equal(
    'the table kv',
    rows.map(([key, value], at) => shown(key, value, expected[at]?.[1] ?? value)),
    expected.map(([key, value]) => shown(key, value, value)),
  );
  const lengths = world.user
    .prepare("SELECT name, length FROM main.col_meta WHERE name NOT LIKE '%\\_data' ESCAPE '\\' ORDER BY name")
    .raw()
    .all()
    .map((row) => [(row as unknown[])[0], Number((row as unknown[])[1])]);
  const columns = [...world.model.file.columns].map(([name, { dtype, stored }]) => {
    return [dtype === 'f64' || dtype === 'i64' ? name : `${name}_idx`, stored.length];
  });
  world.equal(
    'the lengths in col_meta',
    lengths,
    columns.sort(([one], [other]) => ((one as string) < (other as string) ? -1 : 1)),
  );
}

/** Compares what the other connection of the thread reads, and now and then what the other process reads. */
export function checkOthers(world: World): void {
  const { model, readers, random } = world;
  const expected = expectedContent(model.committed);
  world.equal('the readonly vaults', readers.content, expected);
  if (!world.helper || !random.oneIn(3)) return;
  const { result, error } = world.helper.ask({ op: 'read', fresh: random.oneIn(4), path: world.path });
  if (error) throw new Mismatch(`the other process reads: ${error}`);
  world.equal('what the other process reads', result, expected);
}

/**
 * Checks what a function that SQLite calls may read: what no running call is changing equals the model. For everything
 * else, only errors of the library are right.
 */
export function probe(world: World): void {
  const { touched, random, model, gathering } = world;
  const entries = new Map(model.entries());
  const isSure = (key: string) => {
    return touched.keys !== 'all' && !touched.keys?.includes(key) && gathering?.put?.[0] !== key;
  };
  const own = <T>(work: () => T, sure: boolean, expected: () => T, what: string) => {
    let found: T;
    try {
      found = work();
    } catch (error) {
      if (!sure && error instanceof KohakuVaultError) return;
      throw new Mismatch(`in a function: ${what} threw`, { cause: error });
    }
    if (sure) world.equal(`in a function: ${what}`, found, expected());
  };
  const { name, vault } = random.oneIn(2) ? (world.kvs[0] as Entries) : (world.kvs[1] as Entries);
  for (let reads = 1 + random.below(3); reads > 0; reads--) {
    const keys = random.list(1, 4, () => world.key());
    const wanted = keys[0] as string;
    const columns = world.cvs[random.below(2)] as Columns;
    const column = [...model.file.columns.keys()][random.below(model.file.columns.size)];
    const sureColumns = touched.columns === undefined;
    const isSureColumn = touched.columns !== 'all' && !touched.columns?.includes(column ?? '');
    switch (random.below(8)) {
      case 0:
        own(
          () => vault.get(wanted),
          isSure(wanted),
          () => entries.get(wanted),
          `${name}.get('${wanted}')`,
        );
        break;
      case 1:
        own(
          () => vault.getMany(keys),
          keys.every(isSure),
          () => keys.map((key) => entries.get(key)),
          `${name}.getMany(${keys})`,
        );
        break;
      case 2:
        own(
          () => [...vault.keys()],
          touched.keys === undefined && !gathering?.put,
          () => [...entries.keys()],
          `${name}.keys()`,
        );
        break;
      case 3:
        if (column === undefined) break;
        own(
          () => Array.from(handleOf(world, columns, column).slice()) as unknown[],
          isSureColumn,
          () => model.elements(column) as unknown[],
          `${columns.name} ${column}.slice()`,
        );
        break;
      case 4:
        if (column === undefined) break;
        own(
          () => handleOf(world, columns, column).at(-1) as unknown,
          isSureColumn,
          () => model.elements(column)?.at(-1),
          `${columns.name} ${column}.at(-1)`,
        );
        break;
      case 5:
        own(
          () =>
            columns.vault
              .listColumns()
              .map(({ name, length }) => `${name} ${length}`)
              .sort(),
          sureColumns,
          () => [...model.file.columns.keys()].map((name) => `${name} ${model.elements(name)?.length}`).sort(),
          `${columns.name}.listColumns()`,
        );
        break;
      case 6: {
        const word = random.pick(WORDS);
        own(
          () =>
            world.texts
              .search(word, model.file.texts.size + 1)
              .map(({ id }) => id)
              .sort(byNumber),
          touched.texts !== true,
          () => idsWith(model.file, word),
          `texts.search('${word}')`,
        );
        break;
      }
      default:
        own(
          () =>
            world.vectors
              .search(vector(random), model.file.vectors.size + 1)
              .map(({ id }) => id)
              .sort(),
          touched.vectors !== true,
          () => [...model.file.vectors.keys()].sort(),
          'vectors.search()',
        );
    }
  }
}
