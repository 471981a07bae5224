// What a test file of a user does. Test runners run each file in a realm of its own, in one process.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const LONG = 9 * 1024 * 1024;

module.exports = ({ kohakuvault, Database, test, expect }) => {
  const { ColumnVault, DataPacker, KohakuVaultError, KVault, VectorKVault } = kohakuvault;

  function thrownBy(call) {
    try {
      call();
    } catch (error) {
      return error;
    }
    return undefined;
  }

  async function inFolder(body) {
    const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-realms-'));
    try {
      await body((name) => join(folder, name));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('values of every kind', () =>
    inFolder((file) => {
      const vault = new KVault(file('vault.db'));
      const value = {
        map: new Map([['a', 1]]),
        date: new Date(5),
        set: new Set([1]),
        bytes: Buffer.from('x'),
        array: Uint8Array.of(1, 2),
        numbers: Float32Array.of(1.5),
        error: new RangeError('no'),
        pattern: /x/g,
        big: 5n,
      };
      vault.set('value', value);
      const read = vault.get('value');
      expect(read).toEqual(value);
      expect(read.map instanceof Map).toBe(true);
      expect(read.date instanceof Date).toBe(true);
      expect(read.error instanceof RangeError).toBe(true);
      expect(Buffer.isBuffer(read.bytes)).toBe(true);
      vault.set(Uint8Array.of(1, 2), Buffer.from('abc'));
      expect(vault.get(Uint8Array.of(1, 2)).toString()).toBe('abc');
      vault.set(Uint8Array.of(9).buffer, 'text');
      expect(vault.get(Buffer.of(9))).toBe('text');
      expect([...vault.keys()].length).toBe(3);
      vault.close();
    }));

  test('errors', () =>
    inFolder((file) => {
      const vault = new KVault(file('vault.db'));
      const refused = thrownBy(() => vault.set(5, 1));
      expect(refused instanceof KohakuVaultError).toBe(true);
      expect(refused instanceof Error).toBe(true);
      expect(refused.code).toBe('KV_INVALID_ARGUMENT');
      writeFileSync(file('text.db'), 'not a database'.repeat(500));
      expect(thrownBy(() => new KVault(file('text.db'))).code).toBe('KV_CORRUPT');
      expect(thrownBy(() => vault.transaction(async () => {})).code).toBe('KV_INVALID_ARGUMENT');
      vault.close();
      const closed = thrownBy(() => vault.get('a'));
      expect(closed instanceof KohakuVaultError).toBe(true);
      expect(closed.code).toBe('KV_CLOSED');
    }));

  test('a Database of the user, with a function that throws', () =>
    inFolder((file) => {
      const database = new Database(file('vault.db'));
      const vault = new KVault(database, { table: 'held' });
      vault.set('a', 1);
      expect(vault.get('a')).toBe(1);
      database.function('fails', () => {
        throw new RangeError('of the function');
      });
      database.exec('CREATE TEMP TRIGGER t AFTER INSERT ON main.held BEGIN SELECT fails(); END');
      const error = thrownBy(() => vault.set('b', 1));
      expect(error instanceof KohakuVaultError).toBe(true);
      expect(error.cause.message).toBe('of the function');
      vault.close();
      database.close();
    }));

  test('columns and vectors', () =>
    inFolder(async (file) => {
      const vault = new KVault(file('vault.db'));
      const columns = new ColumnVault(vault);
      const column = columns.createColumn('numbers', 'f64');
      column.extend([1, 2]);
      const target = new Float64Array(2);
      column.readInto(target);
      expect([...target]).toEqual([1, 2]);
      const vectors = new VectorKVault(vault, { dimensions: 2 });
      vectors.insert(Float32Array.of(1, 0), 'east');
      expect(vectors.search([1, 0], 1)[0].value).toBe('east');
      const found = await vectors.searchAsync([1, 0], 1, { signal: new AbortController().signal });
      expect(found[0].value).toBe('east');
      const bits = new VectorKVault(vault, { dimensions: 8, vectorType: 'bit', metric: 'hamming', table: 'bits' });
      bits.insert(Uint8Array.of(3), 'b');
      bits.insert(Uint8Array.of(3).buffer, 'b');
      for (const each of [bits, vectors, columns, vault]) each.close();
    }));

  test('JSON Schema', () => {
    const packer = DataPacker.withJsonSchema({ type: 'object', required: ['a'] });
    expect(thrownBy(() => packer.pack({})).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => DataPacker.withJsonSchema({ type: 5 })).message).toMatch(/not a valid JSON Schema/);
    expect(new DataPacker('cbor').unpack(new DataPacker('cbor').pack({ a: [{ b: 2 }] }))).toEqual({ a: [{ b: 2 }] });
  });

  test('streams', () =>
    inFolder(async (file) => {
      const vault = new KVault(file('vault.db'));
      const { signal } = new AbortController();
      await vault.putFile('long', Buffer.alloc(LONG, 1), { signal });
      expect(await vault.getToFile('long', file('long'), { signal })).toBe(LONG);
      expect(readFileSync(file('long')).length).toBe(LONG);
      await vault.putFile('url', pathToFileURL(file('long')));
      await vault.putFile('blob', new Blob(['abc']));
      expect(vault.get('blob').toString()).toBe('abc');
      const chunks = [Uint8Array.of(1).buffer, Uint8Array.of(2), Buffer.of(3)];
      await vault.putFile('chunks', chunks);
      expect([...vault.get('chunks')]).toEqual([1, 2, 3]);
      let written = 0;
      await vault.getToFile(
        'chunks',
        new WritableStream({
          write: (chunk) => {
            written += chunk.length;
          },
        }),
      );
      expect(written).toBe(3);
      vault.close();
    }));
};
