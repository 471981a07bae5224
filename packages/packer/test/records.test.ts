import { InvalidArgument, RecordPacker } from '@kohakuvault/packer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

const FIXED = { id: 'u32', at: 'f64', name: 'str:8:utf8', at3: 'vec:f32:3', raw: 'bytes:2', n: 'i64' } as const;
const VARIED = { id: 'u16', name: 'str:utf8', tags: 'msgpack', at: 'f32', raw: 'bytes', any: 'vec:i16' } as const;

const fixed = { id: 7, at: 0.5, name: 'é', at3: Float32Array.of(1, 2, 3), raw: Buffer.of(1, 2), n: -1n };
const varied = {
  id: 513,
  name: 'ab',
  tags: ['x'],
  at: 1.5,
  raw: Buffer.of(9),
  any: { data: Int16Array.of(1, 2), shape: [1, 2], dtype: 'i16' as const },
};

describe('a record', () => {
  test('of fixed fields is their bytes, little-endian and without gaps', () => {
    const packer = new RecordPacker(FIXED);
    const bytes = packer.pack(fixed);
    expect(bytes.toString('hex')).toBe(
      `07000000000000000000e03fc3a90000000000000000803f00000040000040400102${'ff'.repeat(8)}`,
    );
    expect([packer.elemSize, packer.isVarsize]).toEqual([42, false]);
    expect(packer.unpack(bytes)).toEqual(fixed);
    expect(Object.keys(packer.unpack(bytes))).toEqual(Object.keys(FIXED));
  });

  test('with fields of variable size has their lengths in its head and their bytes behind it', () => {
    const packer = new RecordPacker(VARIED);
    const bytes = packer.pack(varied);
    const head = '0102' + '02000000' + '03000000' + '0000c03f' + '01000000' + '0e000000';
    expect(bytes.toString('hex')).toMatch(new RegExp(`^${head}${'6162' + '91a178'}`));
    expect([packer.elemSize, packer.isVarsize]).toEqual([0, true]);
    expect(packer.unpack(bytes)).toEqual(varied);
  });

  test('is found at its offset, and many are read one after another', () => {
    const packer = new RecordPacker(VARIED);
    const records = [varied, { ...varied, name: '' }, { ...varied, raw: Buffer.alloc(300), id: 3 }];
    const bytes = packer.packMany(new Set(records));
    expect(packer.unpackMany(bytes)).toEqual(records);
    expect(packer.unpackMany(bytes, { count: 2 })).toEqual(records.slice(0, 2));
    expect(packer.unpack(bytes, packer.pack(varied).length)).toEqual(records[1]);
    expect([packer.unpackMany(Buffer.alloc(0)), packer.packMany([]).length]).toEqual([[], 0]);
    const whole = new RecordPacker(FIXED);
    const many = whole.packMany([fixed, fixed]);
    expect(whole.unpackMany(new DataView(many.buffer, many.byteOffset, many.length))).toEqual([fixed, fixed]);
  });

  test('has truth values and floats of 16 bits', () => {
    const packer = new RecordPacker({ ok: 'bool', half: 'f16', flags: 'vec:bool:2' });
    const bytes = packer.pack({ ok: true, half: 0.5, flags: [false, true] });
    expect(bytes.toString('hex')).toBe('0100380001');
    expect(packer.unpack(bytes)).toEqual({ ok: true, half: 0.5, flags: Uint8Array.of(0, 1) });
  });

  test('shares no memory with its bytes', () => {
    const packer = new RecordPacker({ raw: 'bytes:2', at: 'vec:u8:2', rest: 'bytes' });
    const given = { raw: Buffer.of(1, 2), at: Uint8Array.of(3, 4), rest: Buffer.of(5) };
    const bytes = packer.pack(given);
    const read = packer.unpack(bytes);
    given.at.fill(9);
    bytes.fill(9);
    expect(read).toEqual({ raw: Buffer.of(1, 2), at: Uint8Array.of(3, 4), rest: Buffer.of(5) });
  });

  test('may have integers as numbers', () => {
    const packer = new RecordPacker({ n: 'i64' }, { int64: 'number' });
    expect(packer.unpack(packer.pack({ n: 5n }))).toEqual({ n: 5 });
    expect(codeOf(() => packer.unpack(packer.pack({ n: 2n ** 60n })))).toBe('KV_INVALID_ARGUMENT');
  });

  test('comes back for all values', () => {
    const packer = new RecordPacker({ a: 'i32', text: 'str', b: 'f64', small: 'str:12:utf16le', data: 'cbor' });
    const text = fc.string({ unit: 'grapheme' });
    const small = fc.string({ maxLength: 6 }).filter((value) => !value.endsWith('\0'));
    const record = fc.record({ a: fc.integer(), text, b: fc.double(), small, data: fc.array(fc.integer()) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        expect(packer.unpackMany(packer.packMany(records))).toEqual(records);
      }),
    );
  });
});

describe('pack refuses', () => {
  const packer = new RecordPacker({ id: 'u8', name: 'str' });
  test.each<[string, unknown, RegExp]>([
    ['a missing field', { id: 1 }, /no field "name"/],
    ['an undefined field', { id: 1, name: undefined }, /no field "name"/],
    ['an unknown field', { id: 1, name: '', nmae: '' }, /the field "nmae"/],
    ['a symbol', { id: 1, name: '', [Symbol('s')]: 1 }, /Symbol\(s\)/],
    ['a value out of range', { id: 256, name: '' }, /\$\.id: 256/],
    ['a value of another type', { id: 1, name: 5 }, /\$\.name: 5/],
    ['null', null, /not a record/],
    ['an array', [1, ''], /not a record/],
  ])('%s', (_name, record, message) => {
    const error = thrownBy(() => packer.pack(record as never));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error.message).toMatch(message);
    expect(thrownBy(() => packer.packMany([{ id: 1, name: '' }, record as never])).message).toMatch(/^record: \$\[1\]/);
  });

  test('a Proxy that was revoked', () => {
    const { proxy, revoke } = Proxy.revocable({ id: 1, name: '' }, {});
    revoke();
    expect(codeOf(() => packer.pack(proxy))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => packer.packMany([proxy]))).toBe('KV_INVALID_ARGUMENT');
  });

  test('a list that is not iterable', () => {
    for (const records of [5, null, { id: 1, name: '' }, 'ab']) {
      expect(codeOf(() => packer.packMany(records as never))).toBe('KV_INVALID_ARGUMENT');
    }
  });

  test('nothing that a getter does meanwhile', () => {
    const record = {
      id: 1,
      get name(): string {
        return String(packer.unpack(packer.pack({ id: 2, name: 'inner' })).id);
      },
    };
    expect(packer.unpack(packer.pack(record))).toEqual({ id: 1, name: '2' });
    const failure = new Error('mine');
    const failing = {
      id: 1,
      get name(): string {
        throw failure;
      },
    };
    expect(() => packer.pack(failing)).toThrow(failure);
  });
});

describe('unpack refuses with a typed error', () => {
  test('every part of a record that is cut off, and every length that is too large', () => {
    const packer = new RecordPacker(VARIED);
    const bytes = packer.pack(varied);
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => packer.unpack(bytes.subarray(0, length)))).toBe('KV_CORRUPT');
      if (length > 0) expect(codeOf(() => packer.unpackMany(bytes.subarray(0, length)))).toBe('KV_CORRUPT');
    }
    expect(codeOf(() => packer.unpackMany(bytes, { count: 2 }))).toBe('KV_CORRUPT');
    for (const at of [2, 6, 14, 18]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt32LE(0xffffffff, at);
      expect(codeOf(() => packer.unpack(damaged))).toBe('KV_CORRUPT');
    }
  });

  test('bytes of any kind', () => {
    const packer = new RecordPacker(VARIED);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          packer.unpackMany(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'KV_CORRUPT' });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('arguments that are not bytes, offsets or counts', () => {
    const packer = new RecordPacker({ id: 'u8' });
    const one = Buffer.of(1);
    for (const call of [
      () => packer.unpack('a' as never),
      () => packer.unpack(one, 2),
      () => packer.unpack(one, 0.5),
      () => packer.unpackMany(5 as never),
      () => packer.unpackMany(one, { count: -1 }),
      () => packer.unpackMany(one, { offsets: [0, 1] } as never),
      () => packer.unpackMany(one, 1 as never),
    ]) {
      expect(codeOf(call)).toBe('KV_INVALID_ARGUMENT');
    }
  });
});

test.each<[string, unknown, RegExp]>([
  ['no fields', {}, /no fields/],
  ['a dtype instead of fields', 'u32', /fields are "u32"/],
  ['an array', ['u32'], /expected an object/],
  ['null', null, /expected an object/],
  ['an unknown dtype', { id: 'u31' }, /field "id".*did you mean/],
  ['a dtype that is not a string', { id: 5 }, /field "id"/],
  ['a name that moves', { b: 'u8', 1: 'u8' }, /"1"/],
  ['a name that objects do not keep', JSON.parse('{"__proto__":"u8"}'), /__proto__/],
])('a RecordPacker refuses %s', (_name, fields, message) => {
  const error = thrownBy(() => new RecordPacker(fields as never));
  expect([error.code, error.message]).toEqual(['KV_INVALID_ARGUMENT', expect.stringMatching(message)]);
  expect(codeOf(() => new RecordPacker({ id: 'u8' }, { int46: 'number' } as never))).toBe('KV_INVALID_ARGUMENT');
});
