// Tables as sqlite-vec 0.1.10 declares them with an index. The version that this project uses knows no such tables.
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../testing/src/thrown.ts';

/** What 0.1.10 accepts; it takes no second column beside an index. The last ones are what a later version may take. */
const COLUMNS = [
  'vector float[4] indexed by rescore(quantizer=bit)',
  'vector float[4] distance_metric=cosine INDEXED BY rescore(quantizer=int8)',
  'vector float[4] distance_metric=cosine INDEXED BY diskann(neighbor_quantizer=binary)',
  'vector float[4] INDEXED BY ivf(nlist=4)',
  'value_ref INTEGER, vector float[4] indexed by rescore(quantizer=bit)',
  'value_ref INTEGER, vector float[4] distance_metric=cosine INDEXED BY diskann(neighbor_quantizer=binary)',
  'value_ref INTEGER, vector float[4] INDEXED BY ivf(nlist=4)',
];

/** Makes a file whose schema has a table that the sqlite-vec at hand cannot make. */
function fileWith(columns: string): string {
  const file = tempFile();
  const database = new Database(file);
  database.unsafeMode(true);
  database.exec('CREATE TABLE vec_kvault_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)');
  database.pragma('writable_schema = ON');
  database
    .prepare("INSERT INTO sqlite_schema VALUES ('table', 'vec_kvault', 'vec_kvault', 0, ?)")
    .run(`CREATE VIRTUAL TABLE vec_kvault USING vec0(${columns})`);
  database.close();
  return file;
}

test.each(COLUMNS)('%s is refused by name, and stays as it is', (columns) => {
  const file = fileWith(columns);
  const before = schemaOf(file);
  const refused = thrownBy(() => new VectorKVault(file, { dimensions: 4 }));
  expect(refused.code).toBe('KV_INVALID_ARGUMENT');
  expect(refused.message).toMatch(
    /^"vec_kvault" is not a table of a VectorKVault: it has an index of sqlite-vec \((?:rescore|diskann|ivf)\)/,
  );
  expect(codeOf(() => new VectorKVault(file, { dimensions: 4, readonly: true }))).toBe('KV_INVALID_ARGUMENT');
  expect(schemaOf(file)).toEqual(before);
});

test.each(COLUMNS)('a file with %s serves vaults in other tables', (columns) => {
  const file = fileWith(columns);
  const kv = new KVault(file);
  kv.set('key', 1);
  const vectors = new VectorKVault<string>(kv, { dimensions: 4, table: 'own' });
  vectors.insert([1, 2, 3, 4], 'found');
  expect(vectors.search([1, 2, 3, 4], 1)[0]?.value).toBe('found');
  vectors.close();
  kv.close();
});

function schemaOf(file: string): unknown[] {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare("SELECT name, sql FROM sqlite_schema WHERE name LIKE 'vec_kvault%' ORDER BY name").all();
  } finally {
    database.close();
  }
}
