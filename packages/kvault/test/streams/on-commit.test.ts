// putFile and createWriteStream beside transactions: what onCommit writes belongs to the value.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { KVault, type PutInfo } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, pieces, reasonOf, same, spools, tempVault } from './support.ts';

const MiB = 1024 * 1024;

describe('onCommit', () => {
  test.each([0, 10, 9 * MiB])('writes with the value, in one transaction (%i bytes)', async (length) => {
    for (const vault of [tempVault().vault, memoryVault()]) {
      const bytes = pattern(length);
      const meta = new KVault(vault, { table: 'meta' });
      onTestFinished(() => meta.close());
      vault.database.exec('CREATE TABLE log (line TEXT)');
      const infos: PutInfo[] = [];
      const size = await vault.putFile('key', pieces(bytes, 100_000), {
        onCommit: (info) => {
          infos.push(info);
          expect(vault.database.inTransaction).toBe(true);
          expect(same(vault.get('key'), bytes)).toBe(true);
          meta.set('key', { size: info.size });
          vault.database.prepare('INSERT INTO log VALUES (?)').run('put');
        },
      });
      expect([size, infos]).toEqual([length, [{ key: 'key', size: length }]]);
      expect(meta.get('key')).toEqual({ size: length });
      expect(vault.database.prepare('SELECT line FROM log').pluck().all()).toEqual(['put']);
      expect(same(vault.get('key'), bytes)).toBe(true);
    }
  });

  test.each([10, 9 * MiB])('that throws leaves the old value, and undoes what it wrote (%i bytes)', async (length) => {
    const { vault, folder } = tempVault();
    const file = join(folder, 'source');
    writeFileSync(file, pattern(length));
    vault.set('key', 'old');
    const onCommit = () => {
      vault.set('other', 1);
      throw new Error('no');
    };
    for (const source of [file, pattern(length), () => pieces(pattern(length), 100_000)]) {
      const given = typeof source === 'function' ? source() : source;
      expect(await reasonOf(() => vault.putFile('key', given, { onCommit }))).toEqual(new Error('no'));
    }
    const stream = vault.createWriteStream('key', { onCommit });
    stream.end(pattern(length));
    await expect(finished(stream)).rejects.toThrow('no');
    expect([...vault.keys()]).toEqual(['key']);
    expect(vault.get('key')).toBe('old');
    expect(spools(folder)).toEqual([]);
    expect(await vault.putFile('key', file)).toBe(length);
  });

  test('commits what vaults of the connection have pending', async () => {
    const { vault, file } = tempVault();
    const meta = new KVault(vault, { table: 'meta' });
    onTestFinished(() => meta.close());
    meta.enableCache();
    await vault.putFile('key', Buffer.from('bytes'), { onCommit: () => meta.set('key', 'pending') });
    using other = new KVault(file, { table: 'meta', readonly: true });
    expect(other.get('key')).toBe('pending');
  });

  test('must be a function that returns no promise', async () => {
    const { vault } = tempVault();
    const bytes = Buffer.from('bytes');
    const bad = async (onCommit: unknown) =>
      (await failureOf(() => vault.putFile('key', bytes, { onCommit } as never))).message;
    expect(await bad(1)).toContain('a function');
    expect(await bad(async () => {})).toContain('await before onCommit()');
    expect(await bad(() => Promise.resolve())).toContain('await before onCommit()');
    expect(vault.size).toBe(0);
  });

  test('works for a write stream', async () => {
    const { vault } = tempVault();
    const stream = vault.createWriteStream('key', { onCommit: ({ size }) => vault.set('size', size) });
    stream.end(Buffer.from('bytes'));
    await finished(stream);
    expect(vault.get('size')).toBe(5);
  });

  test('does not let a value be stored or the vault be closed in it', async () => {
    const { vault } = tempVault();
    const codes: string[] = [];
    const code = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    };
    await vault.putFile('key', Buffer.from('bytes'), {
      onCommit: () => {
        code(() => vault.putFile('other', Buffer.from('bytes')));
        code(() => vault.createWriteStream('other'));
      },
    });
    expect(codes).toEqual(['KV_INVALID_ARGUMENT', 'KV_INVALID_ARGUMENT']);
    expect([...vault.keys()]).toEqual(['key']);
  });
});

describe('inside a transaction', () => {
  const bytes = Buffer.from('bytes');

  test.each(['putFile', 'createWriteStream'] as const)('%s is refused, and the body fails with it', (method) => {
    const { vault, folder } = tempVault();
    const body = () => {
      vault.set('meta', 1);
      if (method === 'putFile') vault.putFile('key', bytes);
      else vault.createWriteStream('key');
    };
    expect(() => vault.transaction(body)).toThrow(`${method} cannot be called inside a transaction`);
    expect(vault.size).toBe(0);
    expect(spools(folder)).toEqual([]);
  });

  test('of the user too, from its BEGIN on', async () => {
    const { vault } = tempVault();
    const { database } = vault;
    for (const inside of [
      () => database.transaction(() => vault.putFile('key', bytes))(),
      () => {
        database.exec('SAVEPOINT mine');
        try {
          return vault.putFile('key', bytes);
        } finally {
          database.exec('RELEASE mine');
        }
      },
    ]) {
      expect(await failureCode(inside)).toBe('KV_INVALID_ARGUMENT');
    }
    expect(vault.size).toBe(0);
    expect(await failureCode(() => vault.snapshot(() => vault.createWriteStream('key')))).not.toBe(undefined);
  });

  test.each([5, 9 * MiB])('a source that ends in one is not stored, and nothing is lost (%i bytes)', async (length) => {
    const { vault, folder } = tempVault();
    async function* inTransaction(): AsyncGenerator<Buffer> {
      yield pattern(length);
      vault.database.exec('BEGIN');
      vault.set('meta', 1);
    }
    expect(await failureCode(() => vault.putFile('key', inTransaction()))).toBe('KV_BUSY');
    vault.database.exec('COMMIT');
    expect([...vault.keys()]).toEqual(['meta']);
    expect(spools(folder)).toEqual([]);
  });
});
