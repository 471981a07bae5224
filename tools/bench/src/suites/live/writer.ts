// writer.ts FILE COUNT: sets the key "key" to the time, so many times.
import { KVault } from '@kohakuvault/kvault';

const [file = '', count = '0'] = process.argv.slice(2);
const vault = new KVault<number>(file);
let written = 0;
const timer = setInterval(() => {
  // With a fraction: it is stored as a double, whatever the clock says.
  vault.set('key', performance.timeOrigin + performance.now() + 1e-3);
  if (++written >= Number(count) * 2) clearInterval(timer);
}, 23);
