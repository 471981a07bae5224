import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, KohakuVaultError } from '@kohakuvault/core-native';
import { type RestoreOptions, restore, type Vault } from '@kohakuvault/core-native/database';
import type { Check } from '../harness/part.ts';
import { HOLD, type VaultKind } from '../harness/vault-kind.ts';

/** Returns what a promise is rejected with. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('expected a rejection');
}

async function assertRejected(code: ErrorCode, promise: Promise<unknown>, what: string): Promise<void> {
  const error = await rejectionOf(promise);
  assert.ok(error instanceof KohakuVaultError, `${what}: expected a KohakuVaultError, got ${String(error)}`);
  assert.equal(error.code, code, `${what}: ${error.message}`);
}

/** Asserts that a folder has the file, without anything that a backup has left. */
function assertAlone(path: string, isThere: boolean): void {
  const found = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
  assert.deepEqual(found, isThere ? [basename(path)] : []);
}

export function backups<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  const reach: RestoreOptions = { driver: kind.Database };
  check('have all items, pending ones too, and the vault goes on', async (fixture) => {
    const { vault } = fixture.filled([1, 2]);
    for (const cacheOf of Object.values(kind.caches ?? {})) cacheOf(vault).enableCache(HOLD);
    fixture.write(vault, 3);
    const copy = join(fixture.folder(), 'copy.db');
    const steps: { done: number; total: number }[] = [];
    const { bytes } = await vault.backup(copy, { onProgress: (step) => steps.push(step) });
    assert.deepEqual(steps.at(-1), { done: bytes, total: bytes });
    assertAlone(copy, true);
    assert.equal(readFileSync(copy).length, bytes);
    fixture.write(vault, 4);
    fixture.assertItems(vault, [1, 2, 3, 4]);
    fixture.assertStored(copy, [1, 2, 3], 'the copy');
    const restored = join(fixture.folder(), 'restored.db');
    await restore(copy, restored, reach);
    fixture.assertItems(fixture.open(restored), [1, 2, 3], 'what was restored');
  });

  check('take the place of an older one, and have one state although others write', async (fixture) => {
    const { vault } = fixture.filled([1]);
    const copy = join(fixture.folder(), 'copy.db');
    await vault.backup(copy);
    const writer = fixture.open(fixture.database(vault.path));
    fixture.write(writer, 2);
    let item = 3;
    const writeMore = () => {
      fixture.write(writer, item++);
      fixture.write(vault, item++);
    };
    // The state is that of the call, and not of a later step.
    const backup = vault.backup(copy, { onProgress: writeMore });
    writeMore();
    await backup;
    fixture.assertStored(copy, [1, 2], 'the copy');
  });

  check('are made of readonly vaults, and of databases in memory', async (fixture) => {
    const { file } = fixture.filled([1]);
    const copy = join(fixture.folder(), 'copy.db');
    await fixture.open(file, { readonly: true }).backup(copy);
    fixture.assertStored(copy, [1], 'the copy');
    const inMemory = fixture.open(':memory:');
    fixture.write(inMemory, 2);
    await inMemory.backup(copy);
    fixture.assertStored(copy, [2], 'the copy of memory');
  });

  check('that end early leave what was there', async (fixture) => {
    const { vault } = fixture.filled([1]);
    const copy = join(fixture.folder(), 'copy.db');
    const reason = new Error('enough');
    const failures: [name: string, options: object][] = [
      ['aborted before', { signal: AbortSignal.abort(reason) }],
      [
        'a function that throws',
        {
          onProgress: () => {
            throw reason;
          },
        },
      ],
    ];
    for (const isThere of [false, true]) {
      for (const [name, options] of failures) {
        assert.equal(await rejectionOf(vault.backup(copy, options)), reason, name);
        assertAlone(copy, isThere);
      }
      const controller = new AbortController();
      const aborted = vault.backup(copy, { signal: controller.signal });
      controller.abort(reason);
      assert.equal(await rejectionOf(aborted), reason, 'aborted meanwhile');
      assertAlone(copy, isThere);
      if (isThere) fixture.assertStored(copy, [1], 'the older copy');
      else await vault.backup(copy);
    }
    const closed = vault.backup(copy);
    vault.close();
    await assertRejected('KV_CLOSED', closed, 'close meanwhile');
    await assertRejected('KV_CLOSED', vault.backup(copy), 'closed');
    assertAlone(copy, true);
    assert.equal(existsSync(`${vault.path}-wal`), false, 'the file was not closed');
  });

  check('are refused where they cannot be', async (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const folder = fixture.folder();
    const inUse = join(folder, 'in use.db');
    writeFileSync(inUse, '');
    writeFileSync(`${inUse}-wal`, '');
    mkdirSync(join(folder, 'folder'));
    const refused: [code: ErrorCode, path: unknown, options?: unknown][] = [
      ['KV_INVALID_ARGUMENT', file],
      ['KV_INVALID_ARGUMENT', 5],
      ['KV_INVALID_ARGUMENT', ''],
      ['KV_INVALID_ARGUMENT', ':memory:'],
      ['KV_INVALID_ARGUMENT', 'with\0nul'],
      ['KV_INVALID_ARGUMENT', join(folder, 'a.db'), { progress: () => {} }],
      ['KV_INVALID_ARGUMENT', join(folder, 'a.db'), { onProgress: 5 }],
      ['KV_INVALID_ARGUMENT', join(folder, 'a.db'), { signal: {} }],
      ['KV_IO', join(folder, 'missing', 'a.db')],
      ['KV_IO', join(folder, 'folder')],
      ['KV_BUSY', inUse],
    ];
    for (const [code, path, options] of refused) {
      await assertRejected(code, vault.backup(path as string, options as object), String(path));
    }
    let inside: Promise<unknown> | undefined;
    vault.transaction(() => {
      inside = rejectionOf(vault.backup(join(folder, 'a.db')));
    });
    assert.equal(((await inside) as KohakuVaultError).code, 'KV_INVALID_ARGUMENT');
    assert.deepEqual(readdirSync(folder).toSorted(), ['folder', 'in use.db', 'in use.db-wal']);
  });

  check('are restored only where nothing is, and only if they are sound', async (fixture) => {
    const { file, vault } = fixture.filled(Array.from({ length: 50 }, (_, item) => item));
    const copy = join(fixture.folder(), 'copy.db');
    await vault.backup(copy);
    vault.close();
    await assertRejected('KV_INVALID_ARGUMENT', restore(copy, file, reach), 'over a file');
    await assertRejected(
      'KV_IO',
      restore(join(fixture.folder(), 'missing'), join(fixture.folder(), 'a'), reach),
      'missing',
    );
    const bytes = readFileSync(copy);
    const pageSize = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
    // The last pages are those of the vault's tables and indexes.
    bytes.fill(0x55, bytes.length - 2 * pageSize);
    writeFileSync(copy, bytes);
    const target = join(fixture.folder(), 'target.db');
    await assertRejected('KV_CORRUPT', restore(copy, target, reach), 'damaged');
    assertAlone(target, false);
  });
}
