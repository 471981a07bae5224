// Values in the encodings of msgpackr and cbor-x: nothing is lost, whatever it is.
import { CorruptData, InvalidArgument } from '@kohakuvault/packer';
import { decodeValue, EncodedCodec, encodeValue, recordFormat } from '@kohakuvault/packer/value';
import { Encoder } from 'cbor-x';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { anyValue } from '../support/arbitrary.ts';
import { CONVERTED, EXAMPLES } from '../support/examples.ts';
import { difference } from '../support/same.ts';
import { MemoryStructures } from '../support/structures.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

type Library = 'msgpack' | 'cbor';
const LIBRARIES: readonly Library[] = ['msgpack', 'cbor'];
const NAMES = { given: () => 'the value', stored: () => 'the value of a key' };

function codecOf(library: Library, structures = new MemoryStructures(), isUntrusted = false): EncodedCodec<undefined> {
  const codec = new EncodedCodec<undefined>(NAMES, library, recordFormat(library, structures));
  if (isUntrusted) codec.checkPacked = () => {};
  return codec;
}

/** Returns what comes back of a value: encoded three times, so that its structures are shared. */
function there(codec: EncodedCodec<undefined>, value: unknown): unknown {
  codec.encode(value, undefined);
  codec.encode(value, undefined);
  return codec.decode(Buffer.from(codec.encode(value, undefined)), undefined);
}

describe.each(LIBRARIES)('%s', (library) => {
  test.each([...EXAMPLES])('%s comes back', (_, value) => {
    expect(difference(there(codecOf(library), value), value)).toBeUndefined();
    const nested = { list: [value, 'after'], value };
    expect(difference(there(codecOf(library), nested), nested)).toBeUndefined();
  });

  test.each([...CONVERTED])('%s is converted as by the default encoding', (_, { given, read }) => {
    expect(difference(there(codecOf(library), given), read)).toBeUndefined();
  });

  test('any value comes back as from the default encoding, with structures known and unknown', () => {
    const codec = codecOf(library);
    const untrusted = codecOf(library, new MemoryStructures(), true);
    const full = codecOf(library, new MemoryStructures([], 3));
    fc.assert(
      fc.property(anyValue, (value) => {
        let expected: unknown;
        try {
          expected = decodeValue(encodeValue(value));
        } catch (error) {
          expect(() => codec.encode(value, undefined)).toThrow((error as Error).message);
          return;
        }
        for (const one of [codec, untrusted, full]) expect(difference(there(one, value), expected)).toBeUndefined();
      }),
      { seed, numRuns: 3_000 },
    );
  });

  test('rows of one shape take about half of the bytes', () => {
    const codec = codecOf(library);
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, name: `user ${id}`, active: true, score: id / 3 }));
    const bytes = rows.map((row) => codec.encode(row, undefined).length).slice(2);
    const before = rows.map((row) => encodeValue(row).length).slice(2);
    const sum = (list: number[]) => list.reduce((all, one) => all + one, 0);
    expect(sum(bytes)).toBeLessThan(sum(before) * 0.55);
  });

  test('bytes are decoded without structures that are unknown, and with them once they are', () => {
    const file: string[][] = [];
    const writer = codecOf(library, new MemoryStructures(file));
    const reader = codecOf(library, new MemoryStructures(file));
    for (let count = 1; count <= 200; count++) {
      const row = Object.fromEntries(Array.from({ length: count }, (_, index) => [`key ${index}`, index]));
      const isStructure = count <= 100;
      expect(difference(there(writer, row), row)).toBeUndefined();
      expect(reader.decode(Buffer.from(writer.encode(row, undefined)), undefined)).toEqual(row);
      expect(file.length).toBe(isStructure ? count : 100);
    }
    // Numbers beyond 32 take two bytes in msgpackr.
    const stranger = codecOf(library);
    expect(() => stranger.decode(Buffer.from(writer.encode({ 'key 0': 1 }, undefined)), undefined)).toThrow(
      /cannot be decoded as "(?:msgpack|cbor)": its structure is not in the file/,
    );
    const long = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`key ${index}`, index]));
    expect(() => stranger.decode(Buffer.from(writer.encode(long, undefined)), undefined)).toThrow(CorruptData);
  });

  test('an object is stored with its keys until it is seen again, and when the file has no room', () => {
    const file: string[][] = [];
    const codec = codecOf(library, new MemoryStructures(file, 2));
    const first = codec.encode({ a: 1 }, undefined).length;
    expect(file).toEqual([]);
    expect(codec.encode({ a: 1 }, undefined).length).toBeLessThan(first + 2);
    expect(file).toEqual([['a']]);
    there(codec, [{ a: 1 }, { b: 1 }]);
    expect(file).toEqual([['a'], ['b']]);
    const mixed = [{ a: 1 }, { c: { a: 2, b: 3 } }];
    expect(difference(there(codec, mixed), mixed)).toBeUndefined();
    expect(file).toEqual([['a'], ['b']]);
  });

  test('objects whose keys begin like those of others are told apart', () => {
    const codec = codecOf(library);
    for (const value of [{ a: 1, b: 2 }, { a: 1 }, {}, { a: 1, b: 2, c: 3 }, { b: 2, a: 1 }, { a: 1, c: 2 }]) {
      expect(Object.entries(there(codec, value) as object)).toEqual(Object.entries(value));
    }
    expect(
      difference(
        there(codec, [
          { a: 1, b: 2 },
          { a: 1, b: 2, d: 1 },
        ]),
        [
          { a: 1, b: 2 },
          { a: 1, b: 2, d: 1 },
        ],
      ),
    ).toBe(undefined);
  });

  test('a getter that returns something else the second time breaks nothing', () => {
    const file: string[][] = [];
    const structures = new MemoryStructures(file);
    const codec = codecOf(library, structures);
    there(codec, { value: 1 });
    const answers: unknown[] = [{ new: 1, shape: 2 }, -0, new Map(), () => {}, Symbol('s'), '\ud800', { value: 2 }];
    for (const answer of answers) {
      let reads = 0;
      const object = {
        get value() {
          reads++;
          return reads % 2 === 1 ? 1 : answer;
        },
      };
      try {
        codec.decode(Buffer.from(codec.encode(object, undefined)), undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidArgument);
      }
      // What comes after is not touched.
      expect(there(codec, { value: 1 })).toEqual({ value: 1 });
      expect(there(codecOf(library, new MemoryStructures(file)), { value: 1 })).toEqual({ value: 1 });
    }
    expect(file.every((keys) => keys[0] === 'value' || keys.join() === 'new,shape')).toBe(true);
  });

  test('a getter that encodes another value meanwhile breaks neither', () => {
    const file: string[][] = [];
    const codec = codecOf(library, new MemoryStructures(file));
    const others = [codec, codecOf(library, new MemoryStructures(file))];
    there(codec, { before: 1, inner: 1, after: 1 });
    for (const other of others) {
      for (const length of [10, 5_000, 50_000]) {
        const inside: [Buffer, unknown][] = [];
        const value = {
          before: 'b'.repeat(length),
          get inner() {
            const innermost = {
              get inner() {
                other.encode({ innermost: 'i'.repeat(length) }, undefined);
                return 5;
              },
            };
            for (const nested of [{ list: [1, 'x'.repeat(length)] }, { before: 2, inner: 3, after: 4 }, innermost]) {
              inside.push([Buffer.from(other.encode(nested, undefined)), nested]);
            }
            return 'inner';
          },
          after: 'a'.repeat(length),
        };
        const bytes = Buffer.from(codec.encode(value, undefined));
        expect(codec.decode(bytes, undefined)).toEqual({ before: value.before, inner: 'inner', after: value.after });
        for (const [encoded, nested] of inside)
          expect(other.decode(encoded, undefined)).toEqual({ ...(nested as object) });
      }
    }
  });

  test('what a getter throws reaches the caller unchanged', () => {
    const codec = codecOf(library);
    const mine = new Error('mine');
    const bad = {
      get value() {
        throw mine;
      },
    };
    expect(() => codec.encode([bad], undefined)).toThrow(mine);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => codec.encode(proxy, undefined)).toThrow(InvalidArgument);
  });

  test('bytes of a file of strangers may hold plain data and known records, and nothing else', () => {
    const file = [['a', 'b'], ...Array.from({ length: 40 }, (_, index) => [`key ${index}`])];
    const codec = codecOf(library, new MemoryStructures(file), true);
    const plain = [1, -1, 2 ** 40, 1.5, 5n, 'text', 'x'.repeat(300), Buffer.from('bytes'), null, true, undefined];
    const value = [{ a: plain, b: { 'key 39': new Date(1_000) } }, new Date(1_700_000_000_123)];
    expect(difference(there(codec, value), value)).toBeUndefined();
    const foreign =
      library === 'msgpack'
        ? [
            // An error, a regular expression, a set, a typed array, a reference, a structure of its own, bundled strings.
            'd4650093a1 41a142c0',
            'd4780092a161a0',
            'd4730091 01',
            'c7027401ff',
            'd66900000001 90',
            'd4724091a16101',
            'd6620000000190',
            'c1',
            '81a95f5f70726f746f5f5f01',
            '8101a161',
          ]
        : [
            'd81b826541a1 42',
            'd81b83665265674578706161 60',
            'd9010281 01',
            'd84041ff',
            'd81c80',
            'd9dfff8319e00081616101',
            'd833848161618080e0',
            'c24101',
            'a1695f5f70726f746f5f5f01',
            'a10161 61',
            '9f01ff',
            'd9e000a0',
            'd9e000830102 03',
          ];
    for (const hex of foreign) {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      expect(() => codec.decode(bytes, undefined), hex).toThrow(CorruptData);
    }
  });

  test('damaged bytes are refused or read as something, and never anything else', () => {
    const file: string[][] = [];
    const codecs = [codecOf(library, new MemoryStructures(file)), codecOf(library, new MemoryStructures(file), true)];
    const value = { id: 1, name: 'Ada', tags: ['a', { deep: [1.5, null] }], at: new Date(0), bytes: Buffer.from('b') };
    there(codecs[0] as EncodedCodec<undefined>, value);
    const bytes = Buffer.from((codecs[0] as EncodedCodec<undefined>).encode(value, undefined));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, byte, end) => {
        const damaged = Buffer.from(bytes.subarray(0, end));
        if (at < end) damaged[at] = byte;
        for (const codec of codecs) {
          try {
            codec.decode(Buffer.from(damaged), undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptData);
          }
        }
      }),
      { seed, numRuns: 5_000 },
    );
    for (const codec of codecs) {
      const deep = Buffer.alloc(100_000, library === 'msgpack' ? 0x91 : 0x81);
      expect(() => codec.decode(deep, undefined)).toThrow(CorruptData);
      expect(codec.decode(Buffer.from(bytes), undefined)).toEqual(value);
    }
  });

  test('values of other programs are read: those with a header, and plain documents', () => {
    const codec = codecOf(library);
    expect(codec.decode(encodeValue({ a: new Set([1]) }), undefined)).toEqual({ a: new Set([1]) });
    const document = { name: 'Ada', list: [1, 2.5, null, { deep: true }] };
    const bytes = library === 'msgpack' ? pack(document) : new Encoder({ useRecords: false }).encode(document);
    expect(codec.decode(Buffer.from(bytes), undefined)).toEqual(document);
  });
});
