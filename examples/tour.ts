// A tour of what is there so far: `npx -y pnpm@12 demo` runs it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { DataPacker } from '@kohakuvault/packer';

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

heading('What goes wrong is told by code, place and cure');
try {
  vault.set('film:3', { title: 'Nosferatu', play: () => 'no function can be stored' });
} catch (error) {
  if (error instanceof KohakuVaultError) console.log(`${error.code}: ${error.message}`);
}

vault.close();
console.log(`\nOne file of ${statSync(file).size.toLocaleString('en')} bytes, and nothing beside it.`);
rmSync(folder, { recursive: true });
