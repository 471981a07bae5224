import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { Json } from '@kohakuvault/packer/value';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const HTML = '<!doctype html><script>document.title = "stolen"</script>';
export const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

/** A value with every type that a tree shows. */
export function everything(): object {
  const value: Record<string, unknown> = {
    number: 1.5,
    negativeZero: -0,
    nan: Number.NaN,
    bigint: 2n ** 70n,
    date: new Date('2026-01-31T12:00:00.000Z'),
    map: new Map<unknown, unknown>([
      ['a', 1],
      [{ key: true }, new Set([1, 2])],
    ]),
    floats: Float32Array.of(1, 2, 3),
    wide: BigInt64Array.of(1n, -2n),
    bytes: Buffer.from('bytes'),
    regexp: /a+/gi,
    nothing: undefined,
    text: 'text',
    __proto__key: 1,
  };
  value.self = value;
  return value;
}

/** Makes a file with everything that vaults store. */
export function makeSample(path: string): void {
  {
    using kv = new KVault(path, { maxBlobBytes: 100_000 });
    kv.update({
      'user:1': { name: 'Ada', age: 36 },
      'user:2': { name: 'Grace', age: 85 },
      'user:3:photo': PNG,
      config: new Json({ a: [1, 2, 3] }),
      everything: everything(),
      text: 'some text',
      number: 42,
      html: Buffer.from(HTML),
      svg: Buffer.from(SVG),
      tensor: { data: Float32Array.from({ length: 12 * 16 }, (_, nth) => nth), shape: [12, 16], dtype: 'f32' },
    });
    kv.set(Buffer.from([0xff, 0x00, 0xfe]), 'the key is not text');
    kv.set('parts', Buffer.alloc(250_000, 'parts of a long value '));
  }
  {
    using columns = new ColumnVault(path);
    columns
      .createColumn('numbers', 'f64')
      .extend(Float64Array.from({ length: 10_000 }, (_, nth) => Math.sin(nth / 100)));
    columns.createColumn('words', 'str').extend(Array.from({ length: 500 }, (_, nth) => `word ${nth}`));
    const log = columns.frame('log', { step: 'i64', loss: 'f64', note: 'str' });
    log.extend(
      Array.from({ length: 300 }, (_, nth) => ({ step: BigInt(nth), loss: 1 / (nth + 1), note: `note ${nth}` })),
    );
  }
  {
    using vectors = new VectorKVault(path, { table: 'vectors', dimensions: 4, fields: { group: 'i64', name: 'str' } });
    vectors.insertMany(
      Array.from({ length: 60 }, (_, nth) => {
        const angle = (nth / 60) * Math.PI * 2;
        return [
          [Math.cos(angle), Math.sin(angle), nth % 2, 0.1],
          { nth },
          { group: nth % 3, name: `row ${nth}` },
        ] as const;
      }),
    );
  }
  {
    using texts = new TextVault(path, { table: 'texts' });
    texts.insertMany(
      Array.from({ length: 60 }, (_, nth) => [`document ${nth} about ${nth % 2 ? 'cats' : 'dogs'}`, { nth }] as const),
    );
  }
}
