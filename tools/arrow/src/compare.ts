// Our writer of Arrow files beside apache-arrow's: speed, memory, and the size of the package.
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';

const ROWS = 5_000_000;
const which = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-arrow-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

using vault = new ColumnVault(join(folder, 'log.db'));
const numbers = vault.createColumn('numbers', 'f64');
numbers.extend(Float64Array.from({ length: ROWS }, (_, index) => index / 7));
const texts = vault.createColumn('texts', 'str:utf8');
for (let start = 0; start < ROWS / 10; start += 50_000) {
  texts.extend(Array.from({ length: 50_000 }, (_, index) => `text ${start + index}`));
}
vault.checkpoint('truncate');

const load = performance.now();
const arrow = which === 'ours' ? undefined : createRequire(import.meta.url)('apache-arrow');
const loaded = performance.now() - load;
for (const column of [numbers, texts]) {
  const before = process.memoryUsage().rss;
  const start = process.cpuUsage();
  const target = openSync(join(folder, 'out.arrow'), 'w');
  let bytes = 0;
  if (which === 'ours') {
    for (const part of vault.exportColumns([column.name], { format: 'arrow' })) bytes += writeSync(target, part);
  } else {
    const size = 65_536;
    const batches = function* () {
      for (let at = 0; at < column.length; at += size) {
        const table = new arrow.Table({ [column.name]: column.toArrow({ start: at, end: at + size }) });
        yield table.batches[0];
      }
    };
    // An asynchronous source, so that what is written goes out before more is made.
    const source = (async function* () {
      yield* batches();
    })();
    for await (const part of await arrow.RecordBatchFileWriter.writeAll(source)) bytes += writeSync(target, part);
  }
  closeSync(target);
  const { user, system } = process.cpuUsage(start);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  console.log(
    `${which ?? 'apache-arrow'}: ${column.name} ${((user + system) / 1000).toFixed(0)} ms of CPU, ${bytes} bytes, ` +
      `${grown.toFixed(0)} MiB more memory`,
  );
}
console.log(`loading the package: ${loaded.toFixed(1)} ms`);
