// writer.ts FILE: sets the key "key" to the time, every 23 ms until it is stopped.
import { KVault } from '@kohakuvault/kvault';

const vault = new KVault<number>(process.argv[2] ?? '');
// With a fraction: it is stored as a double, whatever the clock says.
setInterval(() => vault.set('key', performance.timeOrigin + performance.now() + 1e-3), 23);
process.once('disconnect', () => process.exit());
