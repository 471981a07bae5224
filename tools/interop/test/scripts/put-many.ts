// put-many.ts FILE COUNT: writes so many keys, one transaction each, from the moment a message comes in.
import { KVault } from '@kohakuvault/kvault';

const [file = '', count = '0'] = process.argv.slice(2);
const vault = new KVault(file);
process.once('message', () => {
  for (let index = 0; index < Number(count); index++) {
    vault.set(`node ${String(index).padStart(5, '0')}`, { from: 'node', index });
  }
  vault.close();
  process.disconnect();
});
process.send?.('ready');
