// listens.ts FILE: has a listener to changes, and nothing else to do.
import { KVault } from '@kohakuvault/kvault';

const vault = new KVault(process.argv[2] ?? '');
vault.on('change', () => {});
vault.observe('key').subscribe(() => {});
