import { openDatabase } from '@kohakuvault/core-native/internal/database';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';

describe('ranges of a value', () => {
  test('are what the same operations on a Buffer give, whatever they are', () => {
    const SIZE = 300_000;
    using connection = openDatabase(tempFile(), { pageSize: 4_096 });
    const site = mediaTable(connection, SIZE);
    const model = Buffer.alloc(SIZE);
    const seed = Date.now();
    const offset = fc.integer({ min: 0, max: SIZE + 10 });
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), offset, bytes: fc.uint8Array({ maxLength: 40_000 }) }),
      fc.record({ kind: fc.constant('read' as const), offset, length: fc.integer({ min: 0, max: 40_000 }) }),
    );
    const run = (step: typeof operation extends fc.Arbitrary<infer T> ? T : never) => {
      if (step.kind === 'read') {
        const target = new Uint8Array(step.length).fill(7);
        const expected = new Uint8Array(step.length).fill(7);
        const part = model.subarray(step.offset, step.offset + step.length);
        expected.set(part);
        expect(site.read('film', target, step.offset)).toBe(part.length);
        expect(target).toEqual(expected);
      } else if (step.offset + step.bytes.length > SIZE) {
        expect(codeOf(() => site.write('film', step.bytes, step.offset))).toBe('KV_INVALID_ARGUMENT');
      } else {
        expect(site.write('film', step.bytes, step.offset)).toBe(step.bytes.length);
        model.set(step.bytes, step.offset);
      }
    };
    console.log(`seed ${seed}`);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), fc.boolean(), (steps, together) => {
        site.write('film', model.fill(0));
        if (together) connection.transaction(() => steps.forEach(run));
        else steps.forEach(run);
        const whole = new Uint8Array(SIZE);
        site.read('film', whole);
        expect(Buffer.compare(whole, model)).toBe(0);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('go into and out of every kind of view, at its own place in its buffer', () => {
    using connection = openDatabase(':memory:');
    const site = mediaTable(connection, 64);
    const memory = new ArrayBuffer(64);
    const views = [
      new Uint8Array(memory, 3, 8),
      new Int8Array(memory, 3, 8),
      new Uint8ClampedArray(memory, 3, 8),
      new Int16Array(memory, 8, 4),
      new Uint16Array(memory, 8, 4),
      new Int32Array(memory, 8, 2),
      new Uint32Array(memory, 8, 2),
      new Float32Array(memory, 8, 2),
      new Float64Array(memory, 8, 1),
      new BigInt64Array(memory, 8, 1),
      new BigUint64Array(memory, 8, 1),
      new DataView(memory, 5, 8),
      Buffer.from(memory, 5, 8),
    ];
    for (const [number, view] of views.entries()) {
      new Uint8Array(memory).fill(0xee);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(number + 1);
      expect(site.write('film', view, 10)).toBe(8);
      new Uint8Array(memory).fill(0xee);
      expect(site.read('film', view, 10)).toBe(8);
      const around = new Uint8Array(memory);
      expect(around.filter((byte) => byte === number + 1)).toHaveLength(8);
      expect(around.filter((byte) => byte === 0xee)).toHaveLength(56);
      expect(around[view.byteOffset]).toBe(number + 1);
    }
  });

  test('a key may be the very memory that is filled', () => {
    using connection = openDatabase(':memory:');
    connection.database.exec('CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)');
    connection.database.prepare('INSERT INTO kv VALUES (?, ?)').run(Buffer.from('key'), Buffer.from('value'));
    const site = connection.blobs({ table: 'kv', column: 'value', key: 'key' });
    const memory = Buffer.from('keykey');
    expect(site.read(memory.subarray(0, 3), memory)).toBe(5);
    expect(memory.toString()).toBe('valuey');
  });

  test('reading past the end gives what there is, and an empty range nothing', () => {
    using connection = openDatabase(':memory:');
    const site = mediaTable(connection, 10);
    expect(site.read('film', new Uint8Array(20), 4)).toBe(6);
    expect(site.read('film', new Uint8Array(20), 10)).toBe(0);
    expect(site.read('film', new Uint8Array(20), Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(site.read('film', new Uint8Array(0))).toBe(0);
    expect(site.write('film', new Uint8Array(0), 10)).toBe(0);
  });

  test('writing past the end is refused whole', () => {
    using connection = openDatabase(':memory:');
    const site = mediaTable(connection, 10);
    const error = thrownBy(() => site.write('film', Buffer.from('abcdef'), 5));
    expect(error.code).toBe('KV_INVALID_ARGUMENT');
    expect(error.message).toContain('the value has 10 bytes');
    expect(codeOf(() => site.write('film', new Uint8Array(1), Number.MAX_SAFE_INTEGER))).toBe('KV_INVALID_ARGUMENT');
    const all = new Uint8Array(10);
    site.read('film', all);
    expect(all).toEqual(new Uint8Array(10));
  });

  test('a run of writes keeps its handle, also over failures and other rows, and commits', () => {
    using connection = openDatabase(tempFile());
    const site = mediaTable(connection, 100_000);
    connection.transaction(() => {
      connection.shared.database.prepare("INSERT INTO media VALUES ('short', zeroblob(4))").run();
      site.writing(() => {
        site.write('film', Buffer.from('one'), 99_000);
        expect(codeOf(() => site.write('film', Buffer.from('x'), 100_000))).toBe('KV_INVALID_ARGUMENT');
        site.write('short', Buffer.from('two'));
        connection.shared.database.prepare("UPDATE media SET content = zeroblob(5) WHERE name = 'short'").run();
        site.write('short', Buffer.from('three'));
        site.write('film', Buffer.from('four'), 10);
      });
    });
    const read = (name: string, offset: number, length: number) => {
      const target = Buffer.alloc(length);
      site.read(name, target, offset);
      return target.toString();
    };
    expect([read('film', 99_000, 3), read('short', 0, 5), read('film', 10, 4)]).toEqual(['one', 'three', 'four']);
  });

  test('a write rolls back with its transaction', () => {
    using connection = openDatabase(tempFile());
    const site = mediaTable(connection);
    expect(() =>
      connection.transaction(() => {
        site.write('film', Buffer.from('gone'));
        throw new Error('undo');
      }),
    ).toThrow('undo');
    const bytes = Buffer.alloc(4);
    site.read('film', bytes);
    expect(bytes).toEqual(Buffer.alloc(4));
  });
});

describe('keys', () => {
  test('may be text, bytes, numbers, bigints, or several of those', () => {
    using connection = openDatabase(':memory:');
    connection.database.exec(
      'CREATE TABLE t (a, b, v BLOB, PRIMARY KEY (a, b));' +
        "INSERT INTO t VALUES ('x', 1, zeroblob(1)), (x'78', 2, zeroblob(2)), (9007199254740993, 3, zeroblob(3))," +
        "(1.5, x'', zeroblob(4)), ('', -1, zeroblob(5))",
    );
    const site = connection.blobs({ table: 't', column: 'v', key: ['a', 'b'] });
    expect(site.size(['x', 1])).toBe(1);
    expect(site.size([Buffer.from('x'), 2n])).toBe(2);
    expect(site.size([9007199254740993n, 3])).toBe(3);
    expect(site.size([1.5, new Uint8Array(0)])).toBe(4);
    expect(site.size(['', -1])).toBe(5);
    expect(site.size(['x', 2])).toBeUndefined();
    expect(codeOf(() => site.size('x'))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => site.size(['x', 1, 1]))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => site.size([2n ** 64n, 1]))).toBe('KV_INVALID_ARGUMENT');
  });

  test('of no row: no size, and NotFound for the rest', () => {
    using connection = openDatabase(':memory:');
    const site = mediaTable(connection);
    expect(site.size('song')).toBeUndefined();
    expect(codeOf(() => site.read('song', new Uint8Array(1)))).toBe('KV_NOT_FOUND');
    expect(codeOf(() => site.write('song', new Uint8Array(1)))).toBe('KV_NOT_FOUND');
  });
});

describe('what is no bytes value', () => {
  test('text is read as the bytes it is stored as; a number is told', () => {
    using connection = openDatabase(':memory:');
    connection.database.exec("CREATE TABLE t (k PRIMARY KEY, v); INSERT INTO t VALUES (1, 'täxt'), (2, 7), (3, NULL)");
    const site = connection.blobs({ table: 't', column: 'v', key: 'k' });
    expect(site.size(1)).toBe(5);
    expect(() => site.size(2)).toThrow(/integer/);
    expect(() => site.size(3)).toThrow(/null/);
  });

  test.each([
    { table: 'none', column: 'content', key: 'name' },
    { table: 'media', column: 'content', key: 'none' },
    { table: '', column: 'content', key: 'name' },
    { table: 'media', column: 'content', key: [] },
    { table: 'without', column: 'v', key: 'k' },
  ])('a site of %j is refused', (description) => {
    using connection = openDatabase(':memory:');
    mediaTable(connection);
    connection.database.exec('CREATE TABLE without (k PRIMARY KEY, v) WITHOUT ROWID');
    expect(() => connection.blobs(description)).toThrow();
    expect(codeOf(() => connection.blobs(description))).toMatch(/^KV_/);
  });
});
