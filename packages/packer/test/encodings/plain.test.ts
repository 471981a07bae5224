// JSON, text, bytes and codecs of users.
import { CorruptData, InvalidArgument } from '@kohakuvault/packer';
import {
  type CustomEncoding,
  EncodedCodec,
  encodeValue,
  formatOf,
  type ValueEncoding,
} from '@kohakuvault/packer/value';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyValue } from '../support/arbitrary.ts';
import { difference } from '../support/same.ts';
import { MemoryStructures } from '../support/structures.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

const NAMES = { given: () => 'the value', stored: () => 'the value of a key' };

function codecOf(encoding: Exclude<ValueEncoding, 'auto'>): EncodedCodec<undefined> {
  const name = typeof encoding === 'string' ? encoding : encoding.name;
  return new EncodedCodec<undefined>(
    NAMES,
    name,
    formatOf(encoding, () => new MemoryStructures()),
  );
}

function stored(codec: EncodedCodec<undefined>, value: unknown): Buffer {
  return Buffer.from(codec.encode(value, undefined));
}

function there(codec: EncodedCodec<undefined>, value: unknown): unknown {
  return codec.decode(stored(codec, value), undefined);
}

describe('json', () => {
  const codec = codecOf('json');

  test('any value comes back exactly, or is refused with its place', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        let bytes: Buffer;
        try {
          bytes = stored(codec, value);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
          return;
        }
        expect(JSON.stringify(JSON.parse(bytes.toString()))).toBe(JSON.stringify(value));
        const again = codec.decode(bytes, undefined);
        // JSON knows no identity and no classes: both sides are what JSON.parse makes.
        expect(difference(again, JSON.parse(bytes.toString()))).toBeUndefined();
      }),
      { seed, numRuns: 3_000 },
    );
  });

  test('documents are what JSON.stringify writes', () => {
    const value = { name: 'Ada', list: [1, 2.5, null, true, { é: '\ud800' }], ['__proto__']: 1 };
    expect(stored(codec, value).toString()).toBe(JSON.stringify(value));
    expect(difference(there(codec, value), JSON.parse(JSON.stringify(value)))).toBeUndefined();
    expect(Object.is((there(codec, [-0]) as number[])[0], -0)).toBe(true);
  });

  test.each<[unknown, string]>([
    [undefined, '$: undefined'],
    [{ a: [undefined] }, '$.a[0]: undefined'],
    [{ at: new Date(0) }, '$.at: a Date'],
    [[Number.NaN], '$[0]: NaN'],
    [{ n: 1n }, '$.n: 1n'],
    [new Map(), '$: a Map'],
    [Buffer.from('a'), '$: a Buffer'],
    [new Array(2), '$[0]: undefined'],
    [{ toJSON: () => 1 }, '$: an object'],
    [() => 1, '$: a function'],
  ])('%o is refused', (value, where) => {
    expect(() => codec.encode(value, undefined)).toThrow(`the value: ${where}`);
    expect(() => codec.encode(value, undefined)).toThrow(InvalidArgument);
  });

  test('a value that contains itself is refused', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => codec.encode(loop, undefined)).toThrow('contains itself');
  });

  test('bytes that are not JSON are damage', () => {
    for (const bytes of [Buffer.from('{'), Buffer.alloc(0), Buffer.from([0xff])]) {
      expect(() => codec.decode(bytes, undefined)).toThrow(CorruptData);
      expect(() => codec.decode(bytes, undefined)).toThrow('the value of a key cannot be decoded as "json"');
    }
  });
});

describe('utf8', () => {
  const codec = codecOf('utf8');

  test('strings come back, and everything else is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(stored(codec, text).toString()).toBe(text);
        expect(there(codec, text)).toBe(text);
      }),
      { seed },
    );
    expect(there(codec, '\ufeffbom \ufffd')).toBe('\ufeffbom \ufffd');
    for (const value of [1, null, undefined, Buffer.from('a'), ['a'], new String('a'), '\ud800']) {
      expect(() => codec.encode(value, undefined)).toThrow(InvalidArgument);
    }
  });

  test('bytes that are not text are damage', () => {
    expect(() => codec.decode(Buffer.from([0xc3, 0x28]), undefined)).toThrow(CorruptData);
    expect(codec.decode(encodeValue('of Python'), undefined)).toBe('of Python');
    expect(() => codec.decode(encodeValue(1), undefined)).toThrow('it is 1, stored by another program');
  });
});

describe('binary', () => {
  const codec = codecOf('binary');

  test('any bytes come back, those that look like a header too, and everything else is refused', () => {
    const like = encodeValue({ a: 1 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.constant(like)), (bytes) => {
        expect(Buffer.compare(there(codec, bytes) as Buffer, bytes)).toBe(0);
      }),
      { seed },
    );
    expect(there(codec, Uint16Array.of(1, 2))).toEqual(Buffer.from([1, 0, 2, 0]));
    expect(there(codec, new ArrayBuffer(2))).toEqual(Buffer.alloc(2));
    for (const value of [1, null, undefined, 'text', [1], {}]) {
      expect(() => codec.encode(value, undefined)).toThrow(InvalidArgument);
    }
    expect(() => codec.decode(encodeValue('of Python'), undefined)).toThrow(CorruptData);
  });
});

describe('a codec of the user', () => {
  const dates: CustomEncoding<Date> = {
    name: 'date',
    encode: (date) => Buffer.from(date.toISOString()),
    decode: (bytes) => new Date(bytes.toString()),
  };

  test('encodes and decodes', () => {
    const date = new Date(1_700_000_000_000);
    expect(there(codecOf(dates), date)).toEqual(date);
    expect(stored(codecOf(dates), date).toString()).toBe('2023-11-14T22:13:20.000Z');
  });

  test('gets a copy of the bytes, and may keep them', () => {
    const kept: Buffer[] = [];
    const codec = codecOf({ ...dates, decode: (bytes) => kept.push(bytes) });
    const memory = Buffer.from('....bytes....');
    codec.decodeFrom(memory, 4, 9, undefined);
    memory.fill(0);
    expect(kept.join()).toBe('bytes');
  });

  test('may return any bytes, which never look like a value with a header', () => {
    const like = encodeValue({ a: 1 });
    const codec = codecOf({ name: 'raw', encode: (value: Buffer) => value, decode: (bytes) => bytes });
    expect(stored(codec, like).equals(like)).toBe(false);
    expect(there(codec, like)).toEqual(like);
  });

  test.each([undefined, 'text', [1], Promise.resolve(Buffer.alloc(1))])('is refused if it returns %o', (result) => {
    const codec = codecOf({ ...dates, encode: () => result as unknown as Buffer });
    expect(() => codec.encode(new Date(), undefined)).toThrow(InvalidArgument);
  });

  test('throws its own errors', () => {
    const mine = new TypeError('mine');
    const fail = () => {
      throw mine;
    };
    const codec = codecOf({ ...dates, encode: fail, decode: fail });
    expect(() => codec.encode(1, undefined)).toThrow(mine);
    expect(() => codec.decode(Buffer.from('a'), undefined)).toThrow(mine);
  });
});
