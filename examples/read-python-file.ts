// Reads a file that the Python package wrote, and adds to it. Python can read the additions.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault, KVault, VectorKVault } from 'kohakuvault';

// Written by kohakuvault 0.7.1 on CPython 3.11.
const recorded = new URL('../tools/fixtures/conformance/mixed-0.7.1.db', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'from-python-'));
const file = join(folder, 'mixed.db');
copyFileSync(recorded, file);

{
  // Python's keys are bytes; some in this file are not text.
  using media = new KVault(file, { table: 'media', keyEncoding: 'bytes' });
  console.log(`media: ${media.size} entries`);
  for (const [key, value] of media.entries({ limit: 4 })) console.log(' ', key, value);
  media.set('from typescript', { read: 'by Python as a dict', integers: [1, 2, 3] });

  using columns = new ColumnVault(media);
  for (const { name, dtype, length } of columns.listColumns()) console.log(`column ${name}: ${length} x ${dtype}`);
  const ids = columns.column('ids', 'i64');
  console.log(`the first id is ${ids.at(0)}, the last ${ids.at(-1)}`);
  ids.append(2n ** 53n);

  using runs = new VectorKVault(media, { table: 'runs', dimensions: 6 });
  const nearest = runs.search([1, 0, 0, 0, 0, 0], 3);
  console.log(
    `runs: ${runs.size} vectors; nearest: ${nearest.map(({ id, distance }) => `${id} (${distance.toFixed(3)})`)}`,
  );
}
rmSync(folder, { recursive: true });
