import { rmSync } from 'node:fs';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault, type VectorType } from '@kohakuvault/vector';
import type { Subjects } from './files/subjects.ts';
import { type Outcome, Recorder } from './outcome.ts';

/** More items than a sound file has of any kind: damage must not make a loop endless. */
const MOST = 20_000;

/** Calls every method that reads, and many that write, on everything that a file is known to hold. */
export async function exercise(path: string, subjects: Subjects): Promise<Outcome[]> {
  const recorder = new Recorder();
  const vaults: { close(): void }[] = [];
  const open = async <T extends { close(): void }>(subject: string, make: () => T): Promise<T | undefined> => {
    recorder.subject = subject;
    let made: T | undefined;
    // An opened vault is not an answer that could be compared.
    await recorder.read('open', () => {
      made = make();
    });
    if (made) vaults.push(made);
    return made;
  };
  const kvs: [string, KVault | undefined][] = [];
  for (const table of subjects.kv) {
    kvs.push([
      table,
      await open(`kv ${table}`, () => new KVault(path, { table, maxBlobBytes: 2_000, chunkSize: 500 })),
    ]);
  }
  const columns = subjects.columns ? await open('columns', () => new ColumnVault(path)) : undefined;
  const vectors: [string, VectorKVault | undefined, number[] | Buffer][] = [];
  for (const { table, ...shape } of subjects.vectors) {
    const vault = await open(`vectors ${table}`, () => new VectorKVault(path, { table, ...shape }));
    vectors.push([table, vault, queryOf(shape.dimensions, shape.vectorType)]);
  }
  try {
    for (const writes of [false, true]) {
      for (const [table, vault] of kvs) {
        recorder.subject = `kv ${table}`;
        if (vault) await (writes ? writeKeys(recorder, vault) : readKeys(recorder, vault, path));
      }
      recorder.subject = 'columns';
      if (columns) await (writes ? writeColumns(recorder, columns) : readColumns(recorder, columns));
      for (const [table, vault, query] of vectors) {
        recorder.subject = `vectors ${table}`;
        if (vault) await (writes ? writeVectors(recorder, vault, query) : readVectors(recorder, vault, query));
      }
    }
    const [first] = vaults as (KVault | undefined)[];
    recorder.subject = 'file';
    if (first) {
      await recorder.write('checkpoint', () => first.checkpoint('truncate'));
      await recorder.write('optimize', () => first.optimize());
    }
  } finally {
    for (const vault of vaults) await recorder.write('close', () => vault.close());
  }
  return recorder.outcomes;
}

function* atMost<T>(items: Iterable<T>): Generator<T> {
  let left = MOST;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

async function readKeys(recorder: Recorder, kv: KVault, path: string): Promise<void> {
  const keys = ['key 0', 'key 4', 'key 6', 'key 10', 'key 21', 'key 65', 'nothing'];
  // For Python's files, as the file says.
  const found = (await recorder.read('keys', () => [...atMost(kv.keys())])) as string[] | undefined;
  for (const key of found?.slice(0, 60) ?? []) if (!keys.includes(key)) keys.push(key);
  for (const key of keys) {
    await recorder.read(`get ${key}`, () => kv.get(key));
    await recorder.read(`has ${key}`, () => kv.has(key));
  }
  await recorder.read('getMany', () => kv.getMany(keys));
  await recorder.read('size', () => kv.size);
  await recorder.read('entries', () => [...atMost(kv.entries())]);
  await recorder.read('values backwards', () => [...atMost(kv.values({ reverse: true }))]);
  await recorder.read('a range', () => [...atMost(kv.entries({ gt: 'key 2', lt: 'key 5', limit: 20 }))]);
  await recorder.read('snapshot', () => kv.snapshot(() => [kv.get('key 1'), kv.size]));
  for (const key of ['key 6', 'key 10', ...keys.slice(-3)]) {
    await recorder.read(`openBlob ${key}`, () => {
      using blob = kv.openBlob(key);
      return [blob.size, blob.read(0, 100), blob.read(Math.max(0, blob.size - 10), 100)];
    });
    await recorder.read(`createReadStream ${key}`, async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of kv.createReadStream(key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    });
  }
  await recorder.read('getToFile', async () => {
    const copy = `${path}.copy`;
    try {
      return await kv.getToFile('key 10', copy);
    } finally {
      rmSync(copy, { force: true });
    }
  });
}

async function writeKeys(recorder: Recorder, kv: KVault): Promise<void> {
  await recorder.write('set', () => kv.set('key 1', 'set'));
  await recorder.write('set a new key', () => kv.set('key new', { new: true }));
  await recorder.write('set a long value', () => kv.set('key 10', Buffer.alloc(5_000, 1)));
  await recorder.write('set a long value over a short', () => kv.set('key 2', Buffer.alloc(5_000, 1)));
  await recorder.write('setMany', () => kv.setMany(Array.from({ length: 70 }, (_, index) => [`many ${index}`, index])));
  await recorder.write('putFile', () => kv.putFile('key 6', Buffer.alloc(4_000, 2)));
  await recorder.write('openBlob', () => {
    using blob = kv.openBlob('key 17', { writable: true });
    blob.write(0, Buffer.alloc(Math.min(10, blob.size), 9));
  });
  await recorder.write('pop', () => kv.pop('key 5'));
  await recorder.write('setDefault', () => kv.setDefault('key 7', 1));
  await recorder.write('delete', () => kv.delete('key 8'));
  await recorder.write('deleteMany', () => kv.deleteMany(['key 9', 'key 21', 'nothing']));
  await recorder.write('cache', () =>
    kv.cache(() => {
      for (let index = 0; index < 30; index++) kv.set(`key ${index}`, `cached ${index}`);
      kv.delete('key 11');
    }),
  );
  await recorder.write('transaction', () => kv.transaction(() => kv.set('key 12', 1).set('key 13', 2)));
  await recorder.write('a transaction that fails', () => {
    try {
      kv.transaction(() => {
        kv.set('key 12', 3);
        throw new Undone();
      });
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
    }
  });
  await recorder.write('entries afterwards', () => [...atMost(kv.entries())].length);
  await recorder.write('clear', () => kv.clear());
}

class Undone extends Error {}

async function readColumns(recorder: Recorder, vault: ColumnVault): Promise<void> {
  const listed = (await recorder.read('listColumns', () => vault.listColumns())) as { name: string }[] | undefined;
  for (const name of namesOf(listed)) {
    const column = (await takeColumn(recorder, vault, name)) as Column | undefined;
    if (!column) continue;
    const read = (call: string, work: () => unknown) => recorder.read(`${name}: ${call}`, work);
    await read('length', () => column.length);
    await read('bytes', () => column.bytes);
    await read('stats', () => column.stats());
    for (const index of [0, 7, -1, 110]) await read(`at ${index}`, () => column.at(index));
    await read('slice', () => column.slice());
    await read('a part', () => column.slice(5, 30));
    await read('slice backwards', () => column.slice(undefined, undefined, -1));
    await read('slice by steps', () => column.slice(3, undefined, 7));
    await read('iteration', () => [...atMost(column)]);
    await read('indexOf', () => column.indexOf(Buffer.from('nothing of the kind')));
    if (column.dtype === 'f32') await read('readInto', () => column.readInto(new Float32Array(50), 4));
    if (column.dtype.startsWith('vec:')) await read('sliceTensor', () => column.sliceTensor());
  }
  await recorder.read('has', () => vault.has('numbers'));
}

/** Returns the names of columns, the known ones first: damage may hide a column from the list. */
function namesOf(listed: { name: string }[] | undefined): string[] {
  const known = ['numbers', 'floats', 'names', 'blobs', 'short', 'documents', 'vectors'];
  return [...new Set([...known, ...(listed ?? []).slice(0, 30).map(({ name }) => name)])];
}

async function takeColumn(recorder: Recorder, vault: ColumnVault, name: string): Promise<unknown> {
  let column: Column | undefined;
  await recorder.read(`${name}: column`, () => {
    column = vault.column(name);
    return column.dtype;
  });
  return column;
}

async function writeColumns(recorder: Recorder, vault: ColumnVault): Promise<void> {
  let listed: { name: string }[] | undefined;
  await recorder.write('listColumns', () => {
    listed = vault.listColumns();
  });
  for (const name of namesOf(listed)) {
    let column: Column | undefined;
    let element: unknown;
    await recorder.write(`${name}: column`, () => {
      column = vault.column(name);
    });
    if (!column) continue;
    const taken: Column = column;
    const write = (call: string, work: () => unknown) => recorder.write(`${name}: ${call}`, work);
    await write('an element', () => {
      element = taken.at(3);
    });
    if (element === undefined) continue;
    await write('append', () => taken.append(element));
    await write('extend', () => taken.extend([element, element, element]));
    await write('set', () => taken.set(2, element));
    await write('insert', () => taken.insert(1, element));
    await write('remove', () => taken.remove(4));
    await write('removeRange', () => taken.removeRange(3, 9));
    await write('setSlice', () => taken.setSlice(0, [element, element]));
    await write('pop', () => taken.pop());
    await write('reverse', () => taken.reverse());
    await write('cache', () => taken.cache(() => taken.extend([element, element])));
    await write('slice afterwards', () => void taken.slice());
    await write('compact', () => taken.compact());
    await write('clear', () => taken.clear());
  }
  await recorder.write('createColumn', () => vault.createColumn('made', 'str:utf8').extend(['a', 'b']));
  await recorder.write('deleteColumn', () => vault.deleteColumn('names'));
  await recorder.write('deleteColumn of what cannot be written', () => {
    for (const { name } of vault.listColumns()) vault.deleteColumn(name);
  });
}

function queryOf(dimensions: number, vectorType: VectorType): number[] | Buffer {
  if (vectorType === 'bit') return Buffer.alloc(dimensions / 8, 0x5a);
  return Array.from({ length: dimensions }, (_, index) => 1 + (index % 100));
}

async function readVectors(recorder: Recorder, vault: VectorKVault, query: number[] | Buffer): Promise<void> {
  await recorder.read('search', () => vault.search(query, 5));
  await recorder.read('search of all', () => vault.search(query, 1_000));
  await recorder.read('search of some', () => vault.search(query, { k: 5, filter: [2, 3, 5, 7, 11] }));
  await recorder.read('search with a filter', () => vault.search(query, { k: 5, filter: (id) => id % 2n === 0n }));
  await recorder.read('an approximate search', () => vault.search(query, { k: 5, mode: 'approximate' }));
  await recorder.read('searchMany', () => vault.searchMany([query, query], 3));
  await recorder.read('searchAsync', () => vault.searchAsync(query, 5));
  await recorder.read('get', () => vault.get(query));
  await recorder.read('size', () => vault.size);
  await recorder.read('info', () => vault.info());
  await recorder.read('iteration', () => [...atMost(vault)]);
  for (let id = 1; id <= 30; id++) {
    await recorder.read(`getById ${id}`, () => vault.getById(id));
    await recorder.read(`has ${id}`, () => vault.has(id));
  }
}

async function writeVectors(recorder: Recorder, vault: VectorKVault, vector: number[] | Buffer): Promise<void> {
  await recorder.write('insert', () => vault.insert(vector, 'inserted'));
  await recorder.write('insertMany', () =>
    vault.insertMany([
      [vector, 1],
      [vector, 2],
    ]),
  );
  for (const id of [2, 5, 9]) {
    await recorder.write(`update ${id}`, () => vault.update(id, { vector, value: 'updated' }));
    await recorder.write(`update of the value of ${id}`, () => vault.update(id, { value: 'updated again' }));
  }
  for (const id of [3, 8]) await recorder.write(`delete ${id}`, () => vault.delete(id));
  await recorder.write('search afterwards', () => void vault.search(vector, 100));
  await recorder.write('iteration afterwards', () => void [...atMost(vault)]);
  await recorder.write('clear', () => vault.clear());
  await recorder.write('insert afterwards', () => vault.insert(vector, 'after'));
}
