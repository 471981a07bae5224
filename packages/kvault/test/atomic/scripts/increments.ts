// increments.ts FILE TIMES NUMBER: increments `counter`, and appends to the list `swapped` by compare-and-set.
import { KVault } from '@kohakuvault/kvault';

const [file, times, number] = process.argv.slice(2) as [string, string, string];
using kv = new KVault(file);
for (let at = 0; at < Number(times); at++) {
  kv.increment('counter');
  for (;;) {
    const { value, version } = kv.getWithVersion('swapped');
    if (kv.compareAndSet('swapped', version, [...(value as string[]), `${number} ${at}`])) break;
  }
}
