// without-sqlite-vec.ts FILE OTHER: a process on a platform without sqlite-vec. Changes a table of FILE, makes one in OTHER,
// and reports what it has seen.
import { KohakuVaultError, VectorKVault } from '@kohakuvault/vector';

const [file = '', other = ''] = process.argv.slice(2);
const vault = new VectorKVault<string>(file, { dimensions: 4 });
// The core is loaded now; the first write would load sqlite-vec.
Object.defineProperty(process, 'platform', { value: 'plan9' });

const found = vault.search([1, 2, 3, 4]).map(({ value }) => value);
const ids = vault.insertMany(Array.from({ length: 3_000 }, (_, at) => [[1, 1, 1, at + 9], `row ${at}`]));
vault.deleteMany(ids.slice(10, 2_990));
vault.update(ids[0] as bigint, { vector: [9, 0, 0, 0], value: 'moved' });
vault.compact();
const made = new VectorKVault<string>(other, { dimensions: 4, fields: { year: 'i64' } });
made.insertMany(Array.from({ length: 1_500 }, (_, at) => [[1, at, 0, 0], `made ${at}`, { year: at }]));
const gone = new VectorKVault(made, { dimensions: 8, table: 'gone', vectorType: 'bit' });
gone.insert(Uint8Array.of(1), 'gone');
gone.dropTable();
const renamed = made.renameTable('renamed');

let refusal = '';
try {
  renamed.database.prepare('SELECT * FROM renamed').all();
} catch (error) {
  refusal = error instanceof KohakuVaultError ? error.code : String(error);
}
process.send?.({
  found,
  moved: vault.search([9, 0, 0, 0], 1).map(({ value }) => value),
  asynchronous: (await vault.searchAsync([1, 2, 3, 4], 1)).map(({ value }) => value),
  size: vault.size,
  where: renamed.search([1, 0, 0, 0], { where: { year: { $gt: 1_495 } } }).map(({ value }) => value),
  refusal,
});
renamed.close();
vault.close();
