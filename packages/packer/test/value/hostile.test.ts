import { CorruptData, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native';
import { decodeValue, Encoding, encodeValue, HEADER_LENGTH, header, Kind, readHeader } from '@kohakuvault/packer/value';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../../tools/testing/src/thrown.ts';
import { anyValue } from '../support/arbitrary.ts';
import { EXAMPLES, FORCED } from '../support/examples.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

/** Decodes bytes and checks that only our own errors are thrown. */
function survives(stored: Buffer): void {
  try {
    decodeValue(stored);
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}

const ids = fc.constantFrom(...Object.values(Encoding));
const kinds = fc.nat({ max: 255 });

describe('hostile bytes are refused', () => {
  test('arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes))),
      { seed, numRuns: 2_000 },
    );
  });

  test('arbitrary bytes behind a header', () => {
    fc.assert(
      fc.property(ids, kinds, fc.uint8Array({ maxLength: 200 }), (id, flags, bytes) => {
        const stored = Buffer.concat([header(id), bytes]);
        stored[4] = flags;
        survives(stored);
      }),
      { seed, numRuns: 10_000 },
    );
  });

  const stored = [...EXAMPLES.values(), ...[...FORCED.values()].map(({ given }) => given)].map((value) =>
    encodeValue(value),
  );

  test('every value, truncated', () => {
    for (const bytes of stored)
      for (let length = 0; length < bytes.length; length++) survives(bytes.subarray(0, length));
  });

  test('every value, with one byte changed', () => {
    for (const bytes of stored) {
      for (let index = HEADER_LENGTH; index < Math.min(bytes.length, 400); index++) {
        for (const change of [1, 0x80, 0xff]) {
          const changed = Buffer.from(bytes);
          changed[index] = (changed[index] as number) ^ change;
          survives(changed);
        }
      }
    }
  });

  test('arbitrary values, with arbitrary changes', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(anyValue, changes, (value, list) => {
        const bytes = Buffer.from(encodeValue(value));
        for (const [at, byte] of list) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        survives(bytes);
      }),
      { seed, numRuns: 3_000 },
    );
  });
});

describe('lengths beyond the bytes are refused', () => {
  const structured = (hex: string) => Buffer.concat([header(Encoding.structured), Buffer.from(hex, 'hex')]);

  test.each([
    ['an array', 'ddffffffff'],
    ['an object', 'dfffffffff'],
    ['a string', 'dbffffffff'],
    ['bytes', 'c6ffffffff'],
    ['a Map', 'c90000000407ffffffff'],
    ['a Set', 'c90000000408ffffffff'],
    ['a sparse array', 'c9000000080dffffffffffffffff'],
    ['an extension', 'c9ffffffff07'],
    ['a reference to nothing', 'd602ffffffff'],
    ['an extension longer than its payload', 'c90000000507000000000000'],
    ['an element beyond a sparse array', 'c90000000d0d000000010000000100000001c0'],
    ['a view of half an element', 'd50c0600'],
    ['a view of no class', 'd40cff'],
    ['a RegExp that is none', 'c90000000406a128a167'],
    ['an error of no class', 'c900000004096300c0c2'],
    ['an extension to come', 'd47f00'],
  ])('%s', (_, hex) => {
    expect(thrownBy(() => decodeValue(structured(hex)))).toBeInstanceOf(CorruptData);
  });

  test('arrays in arrays that all claim the remaining bytes', () => {
    const length = 1_000_000;
    const levels = Array.from({ length: 999 }, () => 'dd000f0000').join('');
    const bytes = Buffer.concat([header(Encoding.msgpack), Buffer.from(levels, 'hex'), Buffer.alloc(length)]);
    const before = process.memoryUsage.rss();
    survives(bytes);
    expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
  });

  test('a thousand sparse arrays of four billion elements', () => {
    const arrays = 'c9000000080dffffffff00000000'.repeat(1_000);
    const read = decodeValue(structured(`dc03e8${arrays}`)) as unknown[][];
    expect(read[999]?.length).toBe(2 ** 32 - 1);
  });

  test('endless levels', () => {
    for (const [id, open] of [
      [Encoding.json, '['],
      [Encoding.msgpack, '\x91'],
      [Encoding.cbor, '\x81'],
      [Encoding.pickle, ']'],
    ] as const) {
      survives(Buffer.concat([header(id), Buffer.from(open.repeat(1_000_000), 'latin1')]));
    }
    const maps = Buffer.from('c900ffffff0700000001'.repeat(200_000), 'hex');
    survives(Buffer.concat([header(Encoding.structured), maps]));
  });

  test('numbers and spaces of a million characters', () => {
    const json = (text: string) => decodeValue(Buffer.concat([header(Encoding.json), Buffer.from(text)]));
    expect(typeof json('9'.repeat(100_000))).toBe('bigint');
    expect(thrownBy(() => json('9'.repeat(1_000_001)))).toBeInstanceOf(CorruptData);
    expect(json(`${' '.repeat(1_000_000)}"${'\\"'.repeat(1_000_000)}"`)).toBe('"'.repeat(1_000_000));
    expect(json(`0.${'1'.repeat(1_000_000)}`)).toBeCloseTo(1 / 9);
  });
});

describe('headers', () => {
  test('bytes without a valid header are bytes', () => {
    for (const hex of [
      '894b',
      '894b01060000000056',
      '894b000600000000564b',
      '894b020600000000564b6869',
      '894b010600010000564b6869',
      '894b010600000001564b6869',
      '894b010600000000564c6869',
      '894b010700000000564b6869',
      '894b01ff00000000564b6869',
      '894b012200000000564b6869',
    ]) {
      expect(readHeader(Buffer.from(hex, 'hex'))).toBeUndefined();
      expect(decodeValue(Buffer.from(hex, 'hex'))).toEqual(Buffer.from(hex, 'hex'));
    }
  });

  test('flags that Python reserves are ignored', () => {
    expect(decodeValue(Buffer.from('894b010603000000564b6869', 'hex'))).toBe('hi');
  });

  test('a kind that the encoding does not have is damage', () => {
    for (const kind of [Kind.bigints, 7, 63]) {
      const stored = Buffer.concat([header(Encoding.packed), Buffer.alloc(8)]);
      stored[4] = kind << 2;
      expect(thrownBy(() => decodeValue(stored))).toBeInstanceOf(CorruptData);
    }
  });

  test('readHeader returns the encoding, flags and payload', () => {
    const found = readHeader(encodeValue(5));
    expect(found).toEqual({
      id: Encoding.packed,
      flags: Kind.numbers << 2,
      payload: Buffer.from('0500000000000000', 'hex'),
    });
  });

  test('a manifest is refused; only KVault can read it', () => {
    const error = thrownBy(() => decodeValue(header(Encoding.manifest)));
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(error.message).toContain('KVault');
  });
});

test.each([
  ['an id 02 of nothing', '894b010200000000564b'],
  ['a vector cut short', '894b010200000000564b01010300000000'],
  ['a vector with more', '894b010200000000564b0101010000000000000000ff'],
  ['a vector of no type', '894b010200000000564b0b01000000000000000000'],
  ['text that is no UTF-8', '894b010600000000564bff'],
  ['JSON cut short', '894b010300000000564b5b31'],
  ['JSON with more', '894b010300000000564b312032'],
  ['JSON of nothing', '894b010300000000564b'],
  ['JSON with a leading zero', '894b010300000000564b3031'],
  ['MessagePack cut short', '894b010400000000564b92'],
  ['CBOR cut short', '894b010500000000564b82'],
  ['a pickle cut short', '894b010100000000564b8004'],
])('%s is CorruptData', (_, hex) => {
  expect(thrownBy(() => decodeValue(Buffer.from(hex, 'hex')))).toBeInstanceOf(CorruptData);
});
