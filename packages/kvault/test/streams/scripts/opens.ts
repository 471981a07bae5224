// Opens a vault, which removes what killed processes have left, and prints how many rows its table of parts has.
import { KVault } from '@kohakuvault/kvault';

using vault = new KVault(process.argv[2] as string);
console.log(vault.database.prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get());
