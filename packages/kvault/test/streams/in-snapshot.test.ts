// Streams out that are opened in the body of `snapshot` or of a transaction, and read after it.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, pattern, readAll, same, tempVault } from './support.ts';

const bytes = pattern(2_500_000);
const other = pattern(bytes.length, 2);

/** Whether the values are in their rows, or in parts. */
const KINDS = [
  ['in its row', 8_000_000],
  ['in parts', 100_000],
] as const;

/** Opens the same file by a connection of its own, as another process does. */
function foreign(file: string, maxBlobBytes: number): KVault {
  const database = new Database(file);
  onTestFinished(() => void database.close());
  return new KVault(database, { maxBlobBytes });
}

describe.each(KINDS)('a value %s', (_, maxBlobBytes) => {
  test.each(['nothing', 'a commit to another key', 'a replacement'])(
    'opened in a snapshot is the one that the snapshot sees, if there was %s before',
    async (what) => {
      const { vault, file } = tempVault({ maxBlobBytes });
      vault.set('key', bytes).set('meta', 'first');
      const peer = foreign(file, maxBlobBytes);
      const { meta, stream, late } = vault.snapshot(() => {
        const meta = vault.get('meta');
        if (what === 'a commit to another key') peer.set('other', 1);
        if (what === 'a replacement') peer.set('key', other);
        return { meta, stream: vault.createReadStream('key'), late: vault.createReadStream('key', { start: 1_000 }) };
      });
      vault.set('key', pattern(bytes.length, 3)).set('meta', 'second');
      expect(meta).toBe('first');
      expect(same(await readAll(stream), bytes)).toBe(true);
      peer.delete('key');
      expect(same(await readAll(late), bytes.subarray(1_000))).toBe(true);
    },
  );

  test('opened in a transaction is consistent once that has been committed and the reading has begun', async () => {
    const { vault } = tempVault({ maxBlobBytes });
    vault.set('key', other);
    const stream = vault.transaction(() => {
      vault.set('key', bytes);
      return vault.createReadStream('key');
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunks.length === 1) vault.set('key', other);
    }
    expect(same(Buffer.concat(chunks), bytes)).toBe(true);
  });

  test.each(['ours', 'of the user'])('opened in a transaction (%s) is stale after its rollback', async (whose) => {
    const { vault } = tempVault({ maxBlobBytes });
    vault.set('key', other);
    let stream: ReturnType<KVault['createReadStream']> | undefined;
    const body = () => {
      vault.set('key', bytes);
      stream = vault.createReadStream('key');
      throw new Error('undo');
    };
    const run = whose === 'ours' ? () => vault.transaction(body) : vault.database.transaction(body);
    expect(run).toThrow('undo');
    expect(await failureCode(() => readAll(stream as never))).toBe('KV_STALE');
    expect(same(vault.get('key'), other)).toBe(true);
  });

  test('opened inside BEGIN is read inside it, as it is there', async () => {
    const { vault } = tempVault({ maxBlobBytes });
    vault.database.exec('BEGIN');
    vault.set('key', bytes);
    expect(same(await readAll(vault.createReadStream('key')), bytes)).toBe(true);
    const rest = vault.createReadStream('key');
    vault.database.exec('COMMIT');
    expect(same(await readAll(rest), bytes)).toBe(true);
  });
});

test('without WAL, a long row is streamed and ranged', async () => {
  const { vault } = tempVault({ enableWal: false, maxBlobBytes: 100_000_000 });
  const long = pattern(9_500_001);
  vault.set('key', long);
  for (const chunkSize of [undefined, 7_777, 5_000_000]) {
    expect(same(await readAll(vault.createReadStream('key', { chunkSize })), long)).toBe(true);
  }
  const range = { start: 2_097_000, end: 9_000_000 };
  expect(same(await readAll(vault.createReadStream('key', range)), long.subarray(2_097_000, 9_000_001))).toBe(true);
});
