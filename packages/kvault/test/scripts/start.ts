// Opens a vault, writes and reads a value, and prints which of Node's modules are loaded then.
import { KVault } from '@kohakuvault/kvault';

const vault = new KVault(process.argv[2] as string);
vault.set('key', Buffer.alloc(100, 1));
vault.get('key');
vault.close();
const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
console.log(moduleLoadList.map((entry) => entry.replace('NativeModule ', '')).join('\n'));
