// Values that are written in slices: what other connections see of them, and what is left of those that are not ended.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, memoryVault, pattern, pieces, run, same, tempVault } from './support.ts';

const MiB = 1024 * 1024;
const long = pattern(20 * MiB);

/** Returns how many rows of parts there are, marks included. */
function rowsOfParts(database: Database.Database): number {
  return database.prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get() as number;
}

describe('while a value is written in slices', () => {
  test('another connection writes between them, also the same key, and the last to end counts', async () => {
    const { vault, file, folder } = tempVault();
    writeFileSync(join(folder, 'source'), long);
    vault.set('key', pattern(9 * MiB, 2));
    const database = new Database(file, { timeout: 0 });
    onTestFinished(() => void database.close());
    let refused = 0;
    let written = 0;
    const onProgress = () => {
      for (const sql of [
        "INSERT OR REPLACE INTO kv VALUES (x'6b6579', x'00')",
        "DELETE FROM kv WHERE key = x'6b6579'",
        "INSERT INTO kv VALUES (x'6b6579', x'01')",
        "UPDATE kv SET key = x'6e6577' WHERE key = x'6b6579'",
      ]) {
        try {
          database.exec(sql);
          written++;
        } catch (error) {
          if ((error as { code: string }).code.startsWith('SQLITE_BUSY')) refused++;
          else if (!(error as { code: string }).code.startsWith('SQLITE_CONSTRAINT')) throw error;
        }
      }
    };
    expect(await vault.putFile('key', join(folder, 'source'), { onProgress })).toBe(long.length);
    console.log(`${written} written between, ${refused} refused`);
    expect(written).toBeGreaterThan(0);
    expect(same(vault.get('key'), long)).toBe(true);
    vault.delete('key');
    expect(rowsOfParts(database)).toBe(0);
  });

  test('two of one key do not disturb each other, on the same connection or on two', async () => {
    for (const { vault, file } of [tempVault(), tempVault({ enableWal: false })]) {
      const database = new Database(file);
      onTestFinished(() => void database.close());
      const peer = new KVault(database);
      const values = [pattern(9 * MiB, 2), pattern(10 * MiB, 3), pattern(17 * MiB, 4)];
      await Promise.all([
        vault.putFile('key', values[0] as Buffer),
        vault.putFile('key', values[1] as Buffer),
        peer.putFile('key', pieces(values[2] as Buffer, MiB)),
      ]);
      const stored = vault.get('key');
      expect(values.filter((value) => same(stored, value))).toHaveLength(1);
      expect(rowsOfParts(database)).toBe(stored.length / MiB);
    }
  });

  test.each(['a file', 'memory'])('a long value in parts is replaced by another (%s)', async (where) => {
    const vault = where === 'memory' ? memoryVault() : tempVault().vault;
    for (const [length, seed] of [
      [20 * MiB, 1],
      [18 * MiB + 5, 2],
      [3, 3],
    ] as const) {
      await vault.putFile('key', pattern(length, seed));
      expect(same(vault.get('key'), pattern(length, seed))).toBe(true);
      expect(rowsOfParts(vault.database)).toBe(length > 3 ? Math.ceil(length / MiB) : 0);
    }
  });

  test.each(['a thread', 'this thread'])('what fails leaves no part (%s)', async (where) => {
    const { vault, file } = tempVault();
    const database = new Database(file);
    onTestFinished(() => void database.close());
    const subject = where === 'a thread' ? vault : new KVault(database);
    vault.set('key', 'old');
    const onProgress = (done: number) => {
      if (done > 5 * MiB) throw new Error('enough');
    };
    await expect(subject.putFile('key', long, { onProgress })).rejects.toThrow('enough');
    const onCommit = () => {
      throw new Error('no');
    };
    await expect(subject.putFile('key', long, { onCommit })).rejects.toThrow('no');
    expect([vault.get('key'), rowsOfParts(database)]).toEqual(['old', 0]);
  });

  test('a transaction of the user that is open is not written into', async () => {
    const { vault, file } = tempVault();
    const database = new Database(file);
    onTestFinished(() => void database.close());
    const subject = new KVault(database);
    const onProgress = (done: number) => {
      if (done === 3 * MiB) database.exec('BEGIN');
    };
    expect(await failureCode(() => subject.putFile('key', long, { onProgress }))).toBe('KV_BUSY');
    database.exec('COMMIT');
    expect(vault.has('key')).toBe(false);
    // Another vault on the file removes what could not be removed then.
    new KVault(file, { table: 'kv' }).close();
    expect(rowsOfParts(database)).toBe(0);
  });
});

describe('a process that is killed', () => {
  test.each(['path', 'bytes'])('leaves parts that the next open removes (%s)', async (way) => {
    const { vault, file } = tempVault();
    vault.set('key', long);
    expect((await run('dies.ts', [file, way, String(20 * MiB)])).signal).toBe('SIGKILL');
    expect(rowsOfParts(vault.database)).toBeGreaterThan(20);
    using again = new KVault(vault, { table: 'kv' });
    expect(rowsOfParts(again.database)).toBe(20);
    expect(same(again.get('key'), long)).toBe(true);
    expect(again.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  test('unlike one that still writes, no matter who opens the file', async () => {
    const { vault, file } = tempVault();
    const seen: number[] = [];
    const onProgress = (done: number) => {
      if (done !== 10 * MiB) return;
      new KVault(vault, { table: 'kv' }).close();
      const script = join(import.meta.dirname, 'scripts', 'opens.ts');
      const output = execFileSync(process.execPath, ['--conditions=@kohakuvault/source', script, file]);
      seen.push(Number(output));
    };
    await vault.putFile('key', long, { onProgress });
    expect(seen[0]).toBeGreaterThan(10);
    expect(same(vault.get('key'), long)).toBe(true);
    expect(rowsOfParts(vault.database)).toBe(20);
  });
});

test('triggers of an earlier version are replaced', async () => {
  const { vault, file } = tempVault({ maxBlobBytes: 1_000 });
  vault.set('key', pattern(3_000));
  const names = ['delete', 'insert', 'update'].map((event) => `kohakuvault_parts_kv_${event}`);
  for (const name of names) vault.database.exec(`DROP TRIGGER ${name}`);
  vault.database.exec(
    'CREATE TRIGGER kohakuvault_parts_kv_delete AFTER delete ON kv ' +
      'BEGIN DELETE FROM kohakuvault_parts_kv WHERE key = OLD.key; END',
  );
  using other = new KVault(file, { maxBlobBytes: 1_000 });
  await other.putFile('other', pattern(2_000_000));
  const made = vault.database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name").all();
  expect(made.map((row) => (row as { name: string }).name)).toEqual(names);
  for (const row of made) expect((row as { sql: string }).sql).toContain('key = 0');
});
