// A tour of what is there so far: `npx -y pnpm@12 demo` runs it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { CSBTree } from '@kohakuvault/ordered';
import { DataPacker } from '@kohakuvault/packer';
import { searchSentences } from './search-sentences.ts';

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-tour-'));
const file = join(folder, 'tour.db');
const heading = (text: string) => console.log(`\n${text}\n${'-'.repeat(text.length)}`);

heading('A dict of anything, in one SQLite file');
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

heading('Transactions cover everything in the file');
try {
  vault.transaction(() => {
    vault.clear();
    throw new Error('on second thoughts, no');
  });
} catch {
  console.log(`after the rollback there are still ${vault.size} keys`);
}

heading('Many small writes are gathered');
vault.cache(() => {
  for (let step = 1; step <= 10_000; step++) vault.set(`loss:${String(step).padStart(5, '0')}`, 1 / step);
});
console.log('the last three losses:', [...vault.values({ prefix: 'loss:', reverse: true, limit: 3 })]);

heading('Values of one type, packed');
const embedding = new DataPacker('vec:f32:4');
const packed = embedding.packMany([
  [0.1, 0.2, 0.3, 0.4],
  [0.5, 0.6, 0.7, 0.8],
]);
console.log(`${packed.length} bytes hold`, embedding.unpackTensor(packed, 2));

heading('Large values are streamed, all or nothing');
const reel = Buffer.alloc(24 * 1024 * 1024, 'frame ');
const bar = (done: number, total = reel.length) => '#'.repeat(Math.round((done / total) * 40)).padEnd(40, '.');
let shown = '';
await vault.putFile('reel', reel, {
  onProgress(done, total) {
    shown = bar(done, total);
    if (process.stdout.isTTY) process.stdout.write(`\r[${shown}]`);
  },
});
if (process.stdout.isTTY) console.log();
else console.log(`[${shown}]`);
using blob = vault.openBlob('reel');
console.log(`${blob.size.toLocaleString('en')} bytes; 6 of them from the middle: ${blob.read(12 * 1024 * 1024, 6)}`);
blob.close();

heading('Columns: sequences that grow for ever, in the same file');
const columns = new ColumnVault(vault);
const losses = columns.createColumn('losses', 'f64');
const notes = columns.createColumn('notes', 'str:utf8');
losses.cache(() => {
  for (let step = 1; step <= 1_000_000; step++) losses.append(1 / step);
});
notes.extend(['warm-up', 'plateau', 'done']);
notes.insert(1, 'learning');
console.log(`${losses.length.toLocaleString('en')} losses in ${losses.stats().chunks} chunk, every 200,000th:`);
console.log(losses.slice(99_999, undefined, 200_000), [...notes]);

heading('Ordered in memory: latencies to run ids');
const byLatency = new CSBTree<number, string>();
for (let run = 0; run < 1_000; run++) byLatency.insert((run * 7_919) % 1_000_003, `run ${run}`);
console.log('the fastest runs:', byLatency.range(0, 30_000).slice(0, 3), 'the slowest:', byLatency.last());

heading('Nearest neighbours: sentences of this documentation');
searchSentences(vault);

heading('What goes wrong is told by code, place and cure');
try {
  vault.set('film:3', { title: 'Nosferatu', play: () => 'no function can be stored' });
} catch (error) {
  if (error instanceof KohakuVaultError) console.log(`${error.code}: ${error.message}`);
}

columns.close();
vault.close();
console.log(`\nOne file of ${statSync(file).size.toLocaleString('en')} bytes, and nothing beside it.`);
rmSync(folder, { recursive: true });
