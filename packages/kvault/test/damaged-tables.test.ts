// Tables that another program has changed under an open vault, values with false headers, and detached memory.
import { KohakuVaultError, KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const LONG = Buffer.alloc(5_000, 7);

function vaultOn(sql = ''): { vault: KVault; database: Database.Database } {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const vault = new KVault(database, { maxBlobBytes: 1_000, chunkSize: 100 });
  vault.set('short', 'value').set('bytes', Buffer.alloc(20, 1)).set('long', LONG);
  database.exec(sql);
  return { vault, database };
}

const CALLS: Record<string, (vault: KVault) => unknown> = {
  get: (vault) => [vault.get('short'), vault.get('long')],
  getMany: (vault) => vault.getMany(['short', 'long']),
  has: (vault) => vault.has('short'),
  size: (vault) => vault.size,
  keys: (vault) => [...vault.keys()],
  entries: (vault) => [...vault.entries()],
  openBlob: (vault) => vault.openBlob('long').read(0, 10),
  'openBlob to write': (vault) => vault.openBlob('long', { writable: true }).write(0, Buffer.alloc(3)),
  getToFile: (vault) => vault.getToFile('long', tempFile('copy')),
  createReadStream: async (vault) => {
    for await (const _ of vault.createReadStream('long'));
  },
  set: (vault) => vault.set('short', 1),
  setMany: (vault) =>
    vault.setMany([
      ['short', 1],
      ['other', LONG],
    ]),
  'set of a long value': (vault) => vault.set('long', LONG),
  'set of a new long value': (vault) => vault.set('new', LONG),
  putFile: (vault) => vault.putFile('put', LONG),
  'putFile of a short value': (vault) => vault.putFile('put', LONG.subarray(0, 500)),
  createWriteStream: async (vault) => {
    const stream = vault.createWriteStream('written');
    await new Promise((ended, failed) => stream.on('error', failed).on('finish', ended).end(LONG));
  },
  pop: (vault) => vault.pop('short'),
  setDefault: (vault) => vault.setDefault('default', 1),
  delete: (vault) => vault.delete('long'),
  clear: (vault) => vault.clear(),
};

/** Returns the codes of all calls' errors. Rethrows an error of another class. */
async function codesOf(vault: KVault): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const call of Object.values(CALLS)) {
    try {
      await call(vault);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      codes.add(error.code);
    }
  }
  return codes;
}

test.each([
  ...['key', 'value'].map((column) => ['kv', `ALTER TABLE kv RENAME COLUMN ${column} TO other`]),
  ...['key', 'id', 'part', 'data'].map((column) => [
    'kohakuvault_parts_kv',
    `ALTER TABLE kohakuvault_parts_kv RENAME COLUMN ${column} TO other`,
  ]),
  ['kohakuvault_parts_kv', 'DROP TABLE kohakuvault_parts_kv'],
  ['kv', 'DROP TABLE kv'],
])('%s after %s is KV_CORRUPT for every call that needs the table', async (_, sql) => {
  // Once with nothing used before the change, and once with everything.
  const fresh = vaultOn(sql).vault;
  const { vault, database } = vaultOn();
  vault.openBlob('long').read(0, 10);
  vault.get('long');
  database.exec(sql);
  for (const open of [fresh, vault]) {
    const codes = await codesOf(open);
    // After a table has been dropped with its values, none of the keys exists.
    codes.delete('KV_NOT_FOUND');
    if (!sql.startsWith('DROP TABLE kohakuvault')) expect([...codes]).toEqual(['KV_CORRUPT']);
    else expect([...codes].filter((code) => code !== 'KV_CORRUPT')).toEqual([]);
  }
});

test.each([
  ['too short to be in parts', "x'894b012100000000564b'"],
  ['and a few bytes', "x'894b012100000000564b010203'"],
  ['as long as those that are in parts', "CAST(x'894b012100000000564b' || zeroblob(28) AS BLOB)"],
])('a value of header id 0x21 without parts, %s, is KV_CORRUPT', async (_, value) => {
  const { vault } = vaultOn(`UPDATE kv SET value = ${value} WHERE key = x'73686f7274'`);
  for (const read of [
    () => vault.get('short'),
    () => vault.getOrThrow('short'),
    () => vault.getMany(['short']),
    () => vault.pop('short'),
    () => [...vault.values()],
    () => vault.openBlob('short'),
    () => vault.createReadStream('short').read(),
    () => vault.getToFile('short', tempFile('copy')),
  ]) {
    await expect((async () => read())()).rejects.toMatchObject({ code: 'KV_CORRUPT' });
  }
  vault.set('short', 'whole again');
  expect(vault.get('short')).toBe('whole again');
});

test('a text value as long as a manifest is watched like any other', () => {
  const { vault, database } = vaultOn();
  database.exec("UPDATE kv SET value = CAST(zeroblob(38) AS TEXT) WHERE key = x'73686f7274'");
  using blob = vault.openBlob('short');
  expect(blob.read(0, 50)).toEqual(Buffer.alloc(38));
});

test('detached memory is refused as a value, a source and a target', async () => {
  const { vault } = vaultOn();
  const gone = <T extends ArrayBufferView>(view: T): T => {
    structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
    return view;
  };
  const buffer = () => gone(Buffer.from(new ArrayBuffer(8)));
  const [blob, before] = [vault.openBlob('bytes', { writable: true }), vault.get('short')];
  for (const use of [
    () => vault.set('short', buffer()),
    () => vault.set('short', gone(new Uint8Array(8))),
    () => vault.set('short', gone(new Uint8Array(8)).buffer),
    () => vault.setMany([['short', buffer()]]),
    () => vault.putFile('short', buffer()),
    () => vault.putFile('short', gone(new Uint8Array(8))),
    () => blob.readInto(gone(new Uint8Array(8)), 0),
    () => blob.readInto(buffer(), 0),
    () => blob.readInto(gone(new Uint8Array(8)).buffer as ArrayBuffer, 0),
    () => blob.write(0, gone(new Uint8Array(8))),
    () => blob.write(0, buffer()),
  ]) {
    await expect((async () => use())()).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  }
  expect(vault.get('short')).toBe(before);
  vault.set('short', Buffer.alloc(0));
  expect(vault.get('short')).toEqual(Buffer.alloc(0));
});
