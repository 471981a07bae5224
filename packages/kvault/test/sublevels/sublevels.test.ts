// A vault over the keys with a prefix.
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../../tools/testing/src/thrown.ts';
import { shown } from '../expiry/support.ts';

function open(options?: KVaultOptions): KVault {
  const vault = new KVault(tempFile(), options);
  onTestFinished(() => vault.close());
  return vault;
}

const KEYS = ['', 'a', 'b', 'c', 'ä'];

/** Fills a vault, and changes it in every way that does not concern the whole table. */
function fill(kv: KVault): void {
  kv.set('a', Buffer.from('a')).set('b', Buffer.from('bb'));
  kv.setMany([
    ['c', Buffer.from('c')],
    ['d', 4],
    ['', Buffer.from('empty')],
  ]);
  kv.update({ ä: Buffer.from('umlaut'), e: 5 });
  kv.rename('d', 'f');
  kv.delete('b');
  kv.pop('e');
  kv.deleteMany(['f', 'missing']);
  kv.setDefault('b', Buffer.from('b'));
  kv.compareAndSet('a', Buffer.from('a'), Buffer.from('aaa'));
  kv.increment('n', 3);
  kv.deleteRange({ gte: 'n', lt: 'o' });
}

describe.each(['rows', 'cache', 'bytes as keys'])('%s', (how) => {
  const options: KVaultOptions = how === 'bytes as keys' ? { keyEncoding: 'bytes' } : {};

  test('a sublevel is a vault, beside which others keep their keys', () => {
    const kv = open(options);
    const model = open(options);
    if (how === 'cache') kv.enableCache({ autoFlush: false });
    for (const key of ['med', 'media', 'media.', 'media0', 'z', 'a']) kv.set(key, 'beside');
    const media = kv.sub('media');
    const inner = media.sub('inner');
    const bytes = kv.sub(Buffer.of(0xff, 0xff));
    for (const vault of [model, media, bytes]) fill(vault);
    const expected = shown(model, KEYS);
    expect(shown(media, KEYS)).toEqual(expected);
    expect(shown(bytes, KEYS)).toEqual(expected);
    fill(inner);
    expect(shown(inner, KEYS)).toEqual(expected);
    expect(kv.has('media/inner/a') && media.has('inner/a')).toBe(true);
    expect(media.size).toBe(model.size * 2);
    media.clear();
    expect([media.size, inner.size, bytes.size, kv.size]).toEqual([0, 0, model.size, 6 + model.size]);
    expect(kv.get('media0')).toBe('beside');
  });
});

test('ranges end with the sublevel', () => {
  const kv = open();
  const media = kv.sub<number>('media');
  kv.update({ media: 1, media0: 2, mediaz: 3 });
  media.update({ a: 1, b: 2, c: 3 });
  expect([...media.keys({ gt: 'a' })]).toEqual(['b', 'c']);
  expect([...media.keys({ lte: 'b', reverse: true })]).toEqual(['b', 'a']);
  expect([...media.keys({ prefix: 'b' })]).toEqual(['b']);
  expect(media.deleteRange({ lt: 'c', limit: 1 })).toBe(1);
  expect(media.count({ gte: '' })).toBe(2);
  expect([...kv.keys('media')]).toEqual(['media', 'media/b', 'media/c', 'media0', 'mediaz']);
});

test('streams, with the keys that the user gave', async () => {
  const kv = open();
  const media = kv.sub('media');
  const keys: unknown[] = [];
  await media.putFile('film', Buffer.from('bytes'), { onCommit: ({ key }) => void keys.push(key) });
  expect(keys).toEqual(['film']);
  await new Promise((done) => media.createWriteStream('other').on('finish', done).end('stream'));
  expect(kv.getMany(['media/film', 'media/other'])).toEqual([Buffer.from('bytes'), Buffer.from('stream')]);
  const chunks: unknown[] = [];
  for await (const chunk of media.createReadStream('film')) chunks.push(chunk);
  expect(chunks).toEqual([Buffer.from('bytes')]);
  using blob = media.openBlob('film');
  expect(blob.size).toBe(5);
  expect(thrownBy(() => media.openBlob('none')).message).toBe('kv has no key "media/none"');
});

test('a ttl of its own, or that of its vault', () => {
  const kv = open({ ttl: 3_600_000 });
  const hours = (vault: KVault) => Math.round((vault.set('a', 1).ttlOf('a') ?? 0) / 3_600_000);
  const media = kv.sub('media', { ttl: 7_200_000 });
  expect([hours(kv), hours(kv.sub('other')), hours(media), hours(media.sub('inner'))]).toEqual([1, 1, 2, 2]);
});

test('it shares transactions, the cache and the end of its vault', () => {
  const kv = open();
  const media = kv.sub('media');
  const undone = new Error('undone');
  expect(() =>
    media.transaction(() => {
      media.set('a', 1);
      kv.set('b', 1);
      throw undone;
    }),
  ).toThrow(undone);
  expect(kv.size).toBe(0);
  media.cache({ autoFlush: false }, () => {
    kv.set('a', 1);
    expect(media.set('a', 2).cacheStats?.entries).toBe(2);
  });
  {
    using ended = kv.sub('media');
    expect(ended.get('a')).toBe(2);
  }
  expect([kv.open, media.open, media.table]).toEqual([true, true, 'kv']);
  kv.close();
  expect(codeOf(() => media.get('a'))).toBe('KV_CLOSED');
  expect(media.open).toBe(false);
});

test('bad input is refused', () => {
  const kv = open();
  const media = kv.sub('media');
  const refused: [() => unknown, RegExp][] = [
    [() => kv.sub(''), /sub expects a name, got an empty one/],
    [() => kv.sub('a/b'), /sub got the name "a\/b", which has a \/; call sub of a sublevel for a nested one/],
    [() => kv.sub(5 as never), /the key is 5; expected a string or bytes/],
    [() => kv.sub('a', { ttl: 0 }), /sub expects ttl/],
    [() => kv.sub('a'.repeat(1024 * 1024)), /at most 1048576 are allowed/],
    [() => media.set('a'.repeat(1024 * 1024), 1), /at most 1048576 are allowed/],
    [() => media.set(5 as never, 1), /the key is 5/],
    [
      () => media.dropTable(),
      /dropTable concerns a whole table, and this is a sublevel; clear\(\) deletes its entries/,
    ],
    [() => media.renameTable('b'), /renameTable concerns a whole table/],
  ];
  for (const [call, message] of refused) expect(thrownBy(call).message).toMatch(message);
  expect(thrownBy(() => media.getOrThrow('a')).message).toBe('kv has no key "media/a"');
  expect(kv.size).toBe(0);
});
