// backup-process.ts FILE TARGET: backs the file up until it is killed, and prints how often it has done so.
import { Vaults } from './content.ts';

const [file = '', target = ''] = process.argv.slice(2);
using vaults = new Vaults(file, { busyTimeout: 60_000 });
for (let done = 1; ; done++) {
  await vaults.kv.backup(target);
  process.stdout.write(`${done}\n`);
}
