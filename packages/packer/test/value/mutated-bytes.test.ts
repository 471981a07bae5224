import { DataPacker, type DType, KohakuVaultError } from '@kohakuvault/packer';
import { decodeValue, Encoding, encodeValue, HEADER_LENGTH, header, readHeader } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { EXAMPLES, FORCED } from '../support/examples.ts';
import { mutated } from '../support/mutations.ts';
import { LONG, SEED } from '../support/random.ts';

/** Returns the result of `read`; undefined if the bytes are refused. Other errors pass. */
function answer(read: () => unknown): { value: unknown } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw error;
    expect(['KV_CORRUPT', 'KV_INVALID_ARGUMENT']).toContain(error.code);
    return undefined;
  }
}

const stored = [...EXAMPLES.values(), ...[...FORCED.values()].map(({ given }) => given)].map((value) =>
  encodeValue(value),
);
const ids = Object.values(Encoding);

describe(`mutated bytes (seed ${SEED})`, () => {
  test('of stored values are refused, or read as a value that can be stored again', () => {
    const random = new Random(SEED);
    const before = process.memoryUsage.rss();
    for (let run = LONG ? 3_000_000 : 4_000; run > 0; run--) {
      const bytes = mutated(random.pick(stored), stored, random);
      // Most payloads are read by their own reader, some by another.
      if (bytes.length >= HEADER_LENGTH)
        header(random.below(8) ? ((readHeader(bytes)?.id ?? random.pick(ids)) as Encoding) : random.pick(ids)).copy(
          bytes,
          0,
          0,
          random.below(4) ? 4 : HEADER_LENGTH,
        );
      const read = answer(() => decodeValue(bytes));
      const again = read && answer(() => encodeValue(read.value));
      if (!again) continue;
      const twice = encodeValue(decodeValue(Buffer.from(again.value as Buffer)));
      if (!twice.equals(again.value as Buffer))
        throw new Error(`${bytes.toString('hex')} is not read as what is stored of it`);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(600_000_000);
  });

  const samples: [DType, unknown][] = [
    ['msgpack', { a: [1, -2, 3.5, 'text', null, true], b: { c: 2 ** 40 } }],
    ['cbor', { a: [1, -2, 3.5, 'text', null, true], b: { c: 2 ** 40 } }],
    [
      'vec:f32',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['vec:i64:2', [1n, 2n]],
    ['str', 'text é 日本 😀'],
    ['str:utf16be', 'text'],
    ['str:12:ascii', 'text'],
    ['bytes:8', Buffer.from('abc')],
    ['f64', 1.5],
    ['u64', 2n ** 60n],
  ];

  test.each(samples)('of %s, one by one and many at once', (dtype, value) => {
    const random = new Random(SEED);
    const packer = new DataPacker(dtype);
    const { data, offsets } = packer.packManyWithOffsets([value, value, value]);
    for (let run = LONG ? 200_000 : 300; run > 0; run--) {
      const bytes = mutated(data, [data], random);
      const place = () => random.below(bytes.length + 2) - random.below(2);
      answer(() => packer.unpack(bytes, place(), random.below(2) ? undefined : place()));
      answer(() => packer.unpackMany(bytes, { offsets }));
      answer(() => packer.unpackMany(bytes, { offsets: [place(), place(), place()] }));
      answer(() => packer.unpackMany(bytes, { starts: [place(), place()] }));
      answer(() => packer.unpackMany(bytes, { count: place() }));
      answer(() => packer.unpackTensor(bytes, place()));
      const read = answer(() => packer.unpack(bytes));
      // The value that was read is packed and read again, and stays the same.
      const packed = read && answer(() => packer.pack(read.value));
      if (packed) expect(packer.pack(packer.unpack(packed.value as Buffer))).toEqual(packed.value);
    }
  });
});
