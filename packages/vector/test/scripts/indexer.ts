// indexer.ts FILE: a process that changes a table with an index again and again, until it is killed.
import { VectorKVault } from '@kohakuvault/vector';

const DIMENSIONS = 16;
const vault = new VectorKVault(process.argv[2] ?? '', { dimensions: DIMENSIONS, metric: 'l2' });
const vectors = (count: number) =>
  Array.from(
    { length: count },
    (_, row) => [Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(row * i)), row] as const,
  );

process.send?.('ready');
for (let round = 0; ; round++) {
  await vault.createIndexAsync();
  vault.insertMany(vectors(700));
  // Each is a transaction. Some put vectors into lists, of which some are divided.
  for (const [vector, value] of vectors(300))
    vault.insert(
      vector.map((one) => one + round / 10),
      value,
    );
  for (let id = 1; id < 20; id++) vault.update(id, { vector: Float32Array.from({ length: DIMENSIONS }, () => round) });
  vault.createIndex({ lists: 10 + (round % 50) });
  vault.optimize();
  vault.deleteMany(vault.keys({ limit: 950 }));
  process.send?.('round');
}
