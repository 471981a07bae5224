// Root may read anything, so this drops its rights first, after everything native was loaded.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const folder = process.argv[2] as string;
const file = join(folder, 'vault.db');
openDatabase(file).close();
const before = readFileSync(file);
const closedFolder = join(folder, 'closed');
mkdirSync(closedFolder);
writeFileSync(join(closedFolder, 'vault.db'), before);

const refused = (code: string) => (error: unknown) => error instanceof KohakuVaultError && error.code === code;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
chmodSync(folder, 0o755);

function asNobody(body: () => void): void {
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    body();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

chmodSync(file, 0o000);
asNobody(() => {
  assert.throws(() => openDatabase(file), refused('KV_IO'));
  assert.throws(() => openDatabase(file, { readonly: true }), refused('KV_IO'));
});

chmodSync(file, 0o444);
chmodSync(folder, 0o555);
asNobody(() => {
  assert.throws(() => openDatabase(file), refused('KV_READONLY'));
  assert.throws(() => openDatabase(join(folder, 'new.db')), refused('KV_IO'));
  assert.throws(() => openDatabase(join(folder, 'sub/new.db')), refused('KV_IO'));
});

chmodSync(closedFolder, 0o000);
asNobody(() => {
  assert.throws(() => openDatabase(join(closedFolder, 'vault.db')), refused('KV_IO'));
});

chmodSync(closedFolder, 0o755);
chmodSync(folder, 0o755);
chmodSync(file, 0o644);
assert.deepEqual(readFileSync(file), before);
console.log('refused');
