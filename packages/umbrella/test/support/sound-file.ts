import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';

export const SHAPE = { table: 'docs', dimensions: 8, metric: 'l2' } as const;

/** Makes a file with everything that vaults store, with small chunks and values in parts. */
export function makeSound(file: string): void {
  {
    using kv = new KVault(file, { maxBlobBytes: 100_000 });
    kv.update({ text: 'text', number: 7, object: { a: [1, 2n] }, bytes: Buffer.from('bytes') });
    kv.set('parts', Buffer.alloc(250_000, 'parts'));
    kv.set('long text', 'long text '.repeat(30_000));
  }
  {
    using columns = new ColumnVault(file, { minChunkBytes: 256, maxChunkBytes: 1_024 });
    columns.createColumn('i64', 'i64').extend(BigInt64Array.from({ length: 1_000 }, (_, index) => BigInt(index)));
    columns.createColumn('fixed', 'bytes:5').extend(Array.from({ length: 500 }, () => Buffer.from('fixed')));
    columns.createColumn('vec', 'vec:f32:4').extend(Array.from({ length: 100 }, () => [1, 2, 3, 4]));
    columns.createColumn('words', 'str').extend(Array.from({ length: 500 }, (_, index) => `word ${index}`));
    columns.createColumn('documents', 'msgpack').extend(Array.from({ length: 100 }, (_, index) => ({ index })));
  }
  {
    using vectors = new VectorKVault(file, SHAPE);
    vectors.insertMany(
      Array.from({ length: 20 }, (_, index) => [Array(8).fill(index), { index }] as [number[], object]),
    );
  }
  {
    using texts = new TextVault(file);
    texts.insertMany(Array.from({ length: 50 }, (_, index) => [`document ${index} of texts`, { index }] as const));
  }
}
