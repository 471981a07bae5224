// What `kohakuvault copy` uses: entries as they are stored, by COPY where the connection has it.
import { PGlite } from '@electric-sql/pglite';
import { connect, type Store } from '@kohakuvault/postgres';
import { storedEntries, storedTexts } from '@kohakuvault/postgres/internal';
import { afterAll, describe, expect, test } from 'vitest';
import { collect } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

const STORES: Record<string, () => Promise<{ store: Store; end: () => Promise<void> }>> = {
  PGlite: async () => {
    const database = new PGlite();
    return { store: await connect(database), end: () => database.close() };
  },
  ...(hasServer && {
    PostgreSQL: async () => {
      const { url, schema, dropSchema } = await aServer();
      return { store: await connect(url, { schema, partitions: 3 }), end: dropSchema };
    },
  }),
};

afterAll(stopServer);

for (const [name, make] of Object.entries(STORES)) {
  describe(`entries as they are stored, on ${name}`, () => {
    test('are added, also where a key is there already, and read in their order', async () => {
      const { store, end } = await make();
      const kv = await store.kvault<Buffer, 'bytes', false>('kv', { autoPack: false, keyEncoding: 'bytes' });
      const stored = kv[storedEntries];
      // Every byte, in keys and in values; more entries than a page has; and an empty value.
      const entries = Array.from({ length: 5_000 }, (_, n) => ({
        key: Buffer.from([n >> 8, n & 0xff, 0]),
        value: Buffer.alloc(n % 50, n & 0xff),
      }));
      const [first, ...others] = entries;
      await kv.set(entries[77]?.key as Buffer, Buffer.from('was there'));
      await stored.add(others);
      await stored.add([first as (typeof entries)[0]]);
      const long = Buffer.alloc(600_000, 'long');
      await kv.set(Buffer.from([0xff, 0xff]), long);
      const read: { key: Buffer; value: Buffer | undefined }[] = [];
      for await (const entry of stored.rows()) read.push(entry);
      expect(read).toEqual([
        ...entries.map((entry) => ({ ...entry, until: undefined })),
        { key: Buffer.from([0xff, 0xff]), value: undefined, until: undefined },
      ]);
      await store.close();
      await end();
    });

    test('keep the times at which they expire', async () => {
      const { store, end } = await make();
      const kv = await store.kvault<Buffer, 'bytes', false>('kv', { autoPack: false, keyEncoding: 'bytes' });
      const stored = kv[storedEntries];
      const until = Date.now() + 3_600_000;
      const [key, value] = [Buffer.from('a'), Buffer.from('value')];
      await stored.add([{ key, value, until }]);
      // Its key is there by now.
      await stored.add([
        { key, value, until: until + 1 },
        { key: Buffer.from('b'), value: Buffer.alloc(400_000), until },
      ]);
      await stored.put([{ key: Buffer.from('c'), value }]);
      const rows = await collect(stored.rows());
      expect(rows.map(({ key, until }) => [key.toString(), until])).toEqual([
        ['a', until + 1],
        ['b', until],
        ['c', undefined],
      ]);
      await store.close();
      await end();
    });

    test('in a transaction, a key that is there already undoes nothing else', async () => {
      const { store, end } = await make();
      await store.transaction(async (tx) => {
        const kv = tx.kvault<Buffer, 'bytes', false>('kv', { autoPack: false, keyEncoding: 'bytes' });
        const stored = kv[storedEntries];
        const entry = (key: string) => ({ key: Buffer.from(key), value: Buffer.from('value') });
        await stored.add([entry('a')]);
        await stored.add([entry('a'), entry('b')]);
        expect(await kv.size()).toBe(2);
      });
      expect(await (await store.kvault('kv', { autoPack: false })).size()).toBe(2);
      await store.close();
      await end();
    });
  });

  describe(`texts and columns as they are stored, on ${name}`, () => {
    test('documents are added, replaced and read', async () => {
      const { store, end } = await make();
      const texts = await store.texts<Buffer, 'a' | 'b'>('texts', {
        columns: ['a', 'b'],
        autoPack: false,
        tokenizer: 'porter',
      });
      const stored = texts[storedTexts];
      const documents = Array.from({ length: 300 }, (_, n) => ({
        id: BigInt(n + 1),
        value: Buffer.alloc(n % 9, n & 0xff),
        texts: { a: `running ${n} "quotes" 'and' \\ tabs\t\nlines`, b: n % 3 === 0 ? '' : 'ä𝒳 '.repeat(n % 50) },
      }));
      await stored.add(documents.slice(5));
      await stored.add(documents);
      await stored.put(documents.slice(0, 3));
      expect(await collect(stored.rows())).toEqual(documents);
      const some = await stored.rowsOf([3n, 9_999n, 300n]);
      expect(some.sort((one, other) => Number(one.id - other.id))).toEqual([documents[2], documents[299]]);
      expect(await texts.count('run 77 tab')).toBe(1);
      // Many at once, and words too many for a row of words.
      const ids = await texts.insertMany(documents.map(({ texts }) => [texts, Buffer.from('x')] as const));
      expect([new Set(ids).size, await texts.size()]).toEqual([300, 600]);
      const long = Array.from({ length: 300_000 }, (_, n) => `${n.toString(36)}x`).join(' ');
      const many = Array.from({ length: 200 }, () => [{ a: 'short', b: '' }, Buffer.from('x')] as const);
      await expect(texts.insertMany([...many, [{ a: long, b: '' }, Buffer.from('x')]])).rejects.toMatchObject({
        code: 'KV_INVALID_ARGUMENT',
      });
      expect(await texts.size()).toBe(600);
      await store.close();
      await end();
    });

    test('long ranges of columns are those that were written', async () => {
      const { store, end } = await make();
      const columns = await store.columns();
      const numbers = await columns.ensure("it's \\ ä", 'f64');
      const texts = await columns.ensure('texts', 'str:utf8');
      const values = Float64Array.from({ length: 150_000 }, (_, n) => n / 7);
      const words = Array.from({ length: 20_000 }, (_, n) => 'w'.repeat(n % 40));
      await numbers.extend(values);
      await texts.extend(words);
      for (const [start, end] of [
        [0, 150_000],
        [10, 149_999],
        [-100_000, -1],
        [0],
        [140_000, 999_999],
        [40_000, 40_000],
      ]) {
        expect(await numbers.slice(start, end), `${start} to ${end}`).toEqual(values.slice(start, end));
      }
      expect(await texts.slice()).toEqual(words);
      expect(await texts.slice(5_000, 15_001)).toEqual(words.slice(5_000, 15_001));
      await columns.deleteColumn('texts');
      await expect(texts.slice(0, 20_000)).rejects.toMatchObject({ code: 'KV_NOT_FOUND' });
      const empty = await columns.ensure('empty', 'f64');
      expect(await empty.slice(0, 1_000_000)).toEqual(new Float64Array());
      await store.close();
      await end();
    });

    test('columns of records have the objects of local ones', async () => {
      const { store, end } = await make();
      const columns = await store.columns();
      const rows = [{ a: 1, b: new Date(5) }, { a: 2 }, [1, null], 'text', new Map([[1, 2]]), 12n];
      for (const dtype of ['msgpack', 'cbor'] as const) {
        const column = await columns.createColumn<unknown>(dtype, dtype, { records: true });
        await column.extend(rows);
        await column.append({ last: true });
        expect(await column.slice()).toEqual([...rows, { last: true }]);
        expect(await column.indexOf({ a: 2 })).toBe(1);
        const again = await columns.ensure<unknown>(dtype, dtype);
        expect(await again.at(-1)).toEqual({ last: true });
        await expect(columns.ensure(dtype, dtype, { records: false })).rejects.toThrow('was created with records');
      }
      await expect(columns.createColumn('no', 'f64', { records: true })).rejects.toThrow('records are for columns');
      expect((await columns.listColumns()).map(({ dtype, records }) => [dtype, records])).toEqual([
        ['msgpack', true],
        ['cbor', true],
      ]);
      await store.close();
      await end();
    });
  });
}
