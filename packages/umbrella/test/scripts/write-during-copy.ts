// Writes to a file that is copied: a dict, texts, and with a third argument vectors. Each line of its input is one burst of
// writes; it answers with a line when the burst begins and when it has ended.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';

const [file, withVectors] = process.argv.slice(2) as [string, string?];
const ROUNDS = 150;

const vault = new KVault<number>(file);
const texts = new TextVault<number>(vault);
const vectors = withVectors ? new VectorKVault<number>(vault, { dimensions: 3, ids: 'i64' }) : undefined;
const textIds: bigint[] = [];
const vectorIds: bigint[] = [];

function write(n: number): void {
  vault.transaction(() => {
    vault.set(`new:${n}`, n);
    if (n % 3 === 0) vault.delete(`new:${n - 2}`);
    textIds.push(texts.insert(`document number ${n}`, n));
    if (n % 5 === 0) texts.delete(textIds[n >> 1] as bigint);
    if (n % 7 === 0) texts.update(textIds.at(-1) as bigint, { value: -n });
    if (!vectors) return;
    vectorIds.push(vectors.insert([1, n, 2], n));
    if (n % 4 === 0) vectors.delete(vectorIds[n >> 1] as bigint);
    if (n % 6 === 0) vectors.update(vectorIds.at(-1) as bigint, { vector: [n, 1, 1] });
  });
}

let written = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write('begins\n');
  for (const end = written + ROUNDS; written < end; written++) {
    write(written);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!process.stdout.write('ended\n')) await once(process.stdout, 'drain');
}
vault.close();
