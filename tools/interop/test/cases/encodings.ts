// What Python reads of tables whose values have an encoding of their own, and what we read of its values there.
import { ColumnVault } from '@kohakuvault/columns';
import { type EncodingName, KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const OWN = { name: 'own', encode: (text: string) => Buffer.from(text), decode: (bytes: Buffer) => String(bytes) };
const NAMES: readonly EncodingName[] = ['msgpack', 'cbor', 'json', 'utf8', 'binary'];

/** Bytes that Python would take for a pickle with a header, and run. */
const PICKLE = Buffer.from('894b010100000000564b80044e2e', 'hex');

export function encodingsOfOurs(python: string): void {
  test('Python reads bytes, or what a header tells; our vaults read what Python stores with a header', () => {
    const file = tempFile();
    for (const name of NAMES) {
      using vault = new KVault(file, { table: name, valueEncoding: name });
      if (name === 'utf8') vault.set('text', 'é');
      else if (name === 'binary') vault.set('bytes', Buffer.from('abc')).set('pickle', PICKLE);
      else vault.set('row', { id: 1 }).set('row', { id: 1 }).set('row', { id: 1 }).set('list', [1, 'a']);
      if (name === 'msgpack' || name === 'cbor') vault.set('minus', -0).set('map', new Map([['a', 1]]));
    }
    new KVault(file, { table: 'own', valueEncoding: OWN }).set('a', 'text').set('pickle', String(PICKLE)).close();
    const vectors = new VectorKVault(file, { table: 'vectors', dimensions: 2, metric: 'l2', valueEncoding: 'json' });
    vectors.insert([1, 0], { a: 1 });
    vectors.close();
    const columns = new ColumnVault(file);
    columns.createColumn<object>('records', 'msgpack', { records: true }).extend([{ a: 1 }, { a: 2 }, { a: 3 }]);
    columns.createColumn<object>('plain', 'msgpack').extend([{ a: 1 }]);
    columns.close();

    const read = JSON.parse(runPython(python, program('value_encodings.py'), [file]));
    expect(read.msgpack).toEqual({
      list: "b'\\x92\\x01\\xa1a'",
      map: expect.stringContaining('Unknown encoding type: 32'),
      minus: '-0.0',
      row: "b'@\\x01'",
    });
    expect(read.cbor).toEqual({
      list: "b'\\x82\\x01aa'",
      map: expect.stringContaining('Unknown encoding type: 32'),
      minus: '-0.0',
      row: "b'\\xd9\\xe0\\x00\\x81\\x01'",
    });
    expect(read.json).toEqual({ list: `b'[1,"a"]'`, row: `b'{"id":1}'` });
    expect(read.utf8).toEqual({ text: "b'\\xc3\\xa9'" });
    // Behind a header that says "raw": Python returns the bytes, and runs nothing.
    expect(read.binary.pickle).toBe("b'\\x89K\\x01\\x01\\x00\\x00\\x00\\x00VK\\x80\\x04N.'");
    expect(read.binary.bytes).toBe("b'abc'");
    expect(read.own.a).toBe("b'text'");
    expect(read.vectors[0]).toBe(`b'{"a":1}'`);
    expect(read.columns).toContain('msgpack:records');
    expect(read.records).toBe("[b'\\x81\\xa1a\\x01', b'A\\x02', b'A\\x03']");
    expect(read.append).toBe('TypeError: Value must be bytes');
    expect(read.plain).toBe("[{'a': 1}]");

    const ours = (name: EncodingName, key: string) => {
      using vault = new KVault(file, { table: name, valueEncoding: name });
      return vault.get(`${key} of Python`);
    };
    for (const name of ['msgpack', 'cbor', 'json'] as const) {
      expect(ours(name, 'object')).toEqual({ a: [1, 2.5, null] });
      expect(ours(name, 'text')).toBe('text');
    }
    expect(ours('json', 'bytes')).toBe('text');
    expect([ours('utf8', 'text'), ours('utf8', 'bytes')]).toEqual(['text', '"text"']);
    expect(() => ours('utf8', 'object')).toThrow('it is an object, stored by another program');
    expect(ours('binary', 'bytes')).toEqual(Buffer.from('"text"'));
    expect(() => ours('binary', 'text')).toThrow('stored by another program');
  });
}
