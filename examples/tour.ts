// The tour: everything in one file and one database. `npx -y pnpm@12 demo` runs it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault, CSBTree, DataPacker, KohakuVaultError, KVault, VectorKVault } from 'kohakuvault';
import { DIMENSIONS, embed, type Sentence, sentences } from './support/sentences.ts';

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-tour-'));
const file = join(folder, 'tour.db');
const heading = (text: string) => console.log(`\n${text}\n${'-'.repeat(text.length)}`);
const readable = (count: number | bigint) => count.toLocaleString('en');

heading('A dict of anything');
const vault = new KVault(file);
vault.set('film:1', {
  title: 'The General',
  released: new Date(Date.UTC(1926, 11, 31)),
  tags: new Set(['silent', 'train']),
});
vault.set('film:2', { title: 'Metropolis', frames: 210_000n });
vault.set('thumbnail', Uint8ClampedArray.of(0, 128, 255));
console.log(vault.get('film:1'));
console.log([...vault.keys('film:')], `${vault.size} keys in all`);

heading('Large values are streamed, all or nothing');
const reel = Buffer.alloc(24 * 1024 * 1024, 'frame ');
let shown = '';
await vault.putFile('reel', reel, {
  onProgress(done, total = reel.length) {
    shown = '#'.repeat(Math.round((done / total) * 40)).padEnd(40, '.');
    if (process.stdout.isTTY) process.stdout.write(`\r[${shown}]`);
  },
});
console.log(process.stdout.isTTY ? '' : `[${shown}]`);
{
  using blob = vault.openBlob('reel');
  console.log(`${readable(blob.size)} bytes; 6 of them from the middle: ${blob.read(12 * 1024 * 1024, 6)}`);
}

heading('Columns: sequences that grow');
const columns = new ColumnVault(vault);
const losses = columns.createColumn('losses', 'f64');
const notes = columns.createColumn('notes', 'str:utf8');
losses.cache(() => {
  for (let step = 1; step <= 1_000_000; step++) losses.append(1 / step);
});
notes.extend(['warm-up', 'plateau', 'done']);
notes.insert(1, 'learning');
console.log(`${readable(losses.length)} losses in ${losses.stats().chunks} chunk, every 200,000th:`);
console.log(losses.slice(99_999, undefined, 200_000), [...notes]);

heading('Nearest neighbors: sentences of this documentation');
const index = new VectorKVault<Sentence>(vault, { table: 'sentences', dimensions: DIMENSIONS });
index.insertMany(sentences().map((sentence) => [embed(sentence.text), sentence]));
for (const question of ['what happens when another process writes to the file?', 'how are releases made?']) {
  const [best] = index.search(embed(question), 1);
  console.log(`${question}\n  ${best?.distance.toFixed(2)}  ${best?.value.file}: ${best?.value.text}`);
}

heading('Transactions cover everything in the file');
try {
  vault.transaction(() => {
    vault.clear();
    losses.clear();
    index.clear();
    throw new Error('on second thoughts, no');
  });
} catch {
  console.log(
    `after the rollback: ${vault.size} keys, ${readable(losses.length)} losses, ${readable(index.size)} sentences`,
  );
}

heading('Ordered in memory: latencies to run ids');
const byLatency = new CSBTree<number, string>();
for (let run = 0; run < 1_000; run++) byLatency.insert((run * 7_919) % 1_000_003, `run ${run}`);
console.log('the fastest runs:', byLatency.range(0, 30_000).slice(0, 3), 'the slowest:', byLatency.last());

heading('Values of one type, packed');
const embedding = new DataPacker('vec:f32:4');
const packed = embedding.packMany([
  [0.1, 0.2, 0.3, 0.4],
  [0.5, 0.6, 0.7, 0.8],
]);
console.log(`${packed.length} bytes hold`, embedding.unpackTensor(packed, 2));

heading('An error names its code, the place and the cure');
try {
  vault.set('film:3', { title: 'Nosferatu', play: () => 'no function can be stored' });
} catch (error) {
  if (error instanceof KohakuVaultError) console.log(`${error.code}: ${error.message}`);
}

heading('What the file holds now');
console.table([
  { what: 'KVault kv', entries: vault.size, of: 'any value' },
  ...columns.listColumns().map(({ name, dtype, length }) => ({ what: `column ${name}`, entries: length, of: dtype })),
  { what: 'vectors sentences', entries: index.size, of: `${DIMENSIONS} x f32, ${index.info().metric}` },
]);
vault.checkpoint('truncate');
for (const each of [index, columns, vault]) each.close();
console.log('To look into a file of yours: npx kohakuvault studio file.db, with @kohakuvault/studio installed.');
console.log(`One file of ${readable(statSync(file).size)} bytes, and nothing beside it.`);
rmSync(folder, { recursive: true });
