// What every fixture builds and runs: a bit of everything that needs a file beside the code. It prints one line of JSON.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault, DataPacker, KohakuVaultError, KVault, VectorKVault } from 'kohakuvault';

/** Long enough for the copying thread: a value in one row, and one in parts. */
const LONG = 9 * 1024 * 1024;

export async function program() {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-program-'));
  try {
    return await everything(join(folder, 'vault.db'), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function everything(path, folder) {
  const vault = new KVault(path);
  vault.set('answer', { number: 42, when: new Date(0) });
  const { number, when } = vault.get('answer');

  let threads = 0;
  process.on('worker', () => {
    threads++;
  });
  await vault.putFile('long', Buffer.alloc(LONG, 7));
  await vault.getToFile('long', join(folder, 'long'));
  const long = readFileSync(join(folder, 'long'));

  const columns = new ColumnVault(vault);
  const column = columns.createColumn('loss', 'f64');
  column.extend([0.5, 0.25]);

  const vectors = new VectorKVault(vault, { dimensions: 2 });
  vectors.insert([1, 0], 'east');
  vectors.insert([0, 1], 'north');
  const [nearest] = vectors.search([0.9, 0.1], 1);

  const packer = DataPacker.withJsonSchema({ type: 'object', properties: { n: { type: 'integer' } } });
  let refused = '';
  try {
    packer.pack({ n: 'text' });
  } catch (error) {
    refused = error instanceof KohakuVaultError ? error.code : String(error);
  }
  const encoded = ['msgpack', 'cbor'].map((valueEncoding) => {
    const rows = new KVault(vault, { table: valueEncoding, valueEncoding });
    rows.set('row', { number: 42 });
    const row = rows.get('row');
    rows.close();
    return row.number;
  });

  const elements = [...column].length;
  for (const each of [vectors, columns, vault]) each.close();
  return {
    number,
    when: when.getTime(),
    long: long.length === LONG && long.every((byte) => byte === 7),
    threads,
    elements,
    nearest: nearest?.value,
    refused,
    encoded: encoded.join(' '),
  };
}
