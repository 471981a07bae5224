// What a transaction that was rolled back had left pending is forgotten before any call looks at it.
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { FUTURE, open, PAST } from './support.ts';

const CALLS: Record<string, (kv: KVault) => unknown> = {
  purgeExpired: (kv) => kv.purgeExpired(),
  deleteRange: (kv) => kv.deleteRange({ gte: 'x' }),
  set: (kv) => kv.set('other', 1),
  setMany: (kv) => kv.setMany([['other', 1]]),
  delete: (kv) => kv.delete('nothing'),
  rename: (kv) => kv.rename('from', 'to'),
  touch: (kv) => kv.touch('from', FUTURE),
  increment: (kv) => kv.increment('number'),
  compareAndSet: (kv) => kv.compareAndSet('number', undefined, 1),
  flushCache: (kv) => kv.flushCache(),
  disableCache: (kv) => kv.disableCache(),
  transaction: (kv) => kv.transaction(() => {}),
};

test.each(
  Object.keys(CALLS).flatMap((call) => ['before', 'in', 'in, by another vault,'].map((when) => [call, when] as const)),
)('%s, with a cache that was enabled %s the transaction', (call, when) => {
  const kv = open(tempFile());
  const writer = when === 'in, by another vault,' ? new KVault(kv, {}) : kv;
  kv.set('kept', 66).set('from', 1).set('expires', 1, FUTURE);
  if (when === 'before') kv.enableCache({ autoFlush: false });
  const undone = new Error('undone');
  const run = () =>
    kv.transaction(() => {
      if (when !== 'before') writer.enableCache({ autoFlush: false });
      kv.transaction(() => writer.setMany(Object.entries({ kept: 54, new: 2 }), PAST));
      throw undone;
    });
  expect(run).toThrow(undone);
  CALLS[call]?.(kv);
  expect([kv.get('kept'), kv.has('new')]).toEqual([66, false]);
  for (const vault of [kv, writer]) vault.disableCache();
  expect([kv.get('kept'), kv.has('new')]).toEqual([66, false]);
  if (writer !== kv) writer.close();
});
