// A copy to which the changes of a watch are applied has what the vault has.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { open } from './support.ts';

const KEYS = 'abcdefgh'.split('');
const STEPS = 400;

const seed = Number(process.env.KV_SEED ?? Date.now() % 1_000_000);

test(`random changes of four vaults in two connections, with rollbacks and caches (seed ${seed})`, async () => {
  const random = new Random(seed);
  const file = tempFile();
  const options = { maxBlobBytes: 128 };
  const database = new Database(file);
  const vaults = [
    open(file, options),
    open(file, options),
    new KVault(database, options),
    new KVault(database, options),
  ];
  const [vault] = vaults as [KVault];
  const watch = vault.watch();
  const copy = new Map<string, 'there'>();
  const seen = (async () => {
    for await (const { kind, key } of watch) {
      if (key === 'end') return;
      if (kind === 'set') copy.set(key, 'there');
      else copy.delete(key);
    }
  })();

  const step = (own: KVault): void => {
    const key = random.pick(KEYS);
    switch (random.below(9)) {
      case 0:
        own.delete(key);
        break;
      case 1:
        own.deleteRange({ gte: key, limit: 2 });
        break;
      case 2:
        if (own.has(key)) own.rename(key, random.pick(KEYS));
        break;
      case 3:
        own.set(key, Buffer.alloc(1_000, key));
        break;
      case 4:
        own.setMany(random.list(1, 4, () => [random.pick(KEYS), random.below(100)]));
        break;
      case 5:
        if (random.oneIn(4)) own.clear();
        break;
      default:
        own.set(key, random.below(100));
    }
  };

  for (let nth = 0; nth < STEPS; nth++) {
    const own = random.pick(vaults);
    const steps = 1 + random.below(4);
    const run = () => {
      for (let at = 0; at < steps; at++) step(own);
    };
    switch (random.below(5)) {
      case 0:
        try {
          own.transaction(() => {
            run();
            if (random.oneIn(2)) throw new Error('rolled back');
          });
        } catch (error) {
          expect(String(error)).toMatch('rolled back');
        }
        break;
      case 1:
        own.cache({ autoFlush: false }, run);
        break;
      case 2:
        own.database.exec('BEGIN');
        run();
        own.database.exec(random.oneIn(2) ? 'COMMIT' : 'ROLLBACK');
        break;
      default:
        run();
    }
    if (random.oneIn(10)) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const own of vaults) own.flushCache();
  vault.set('end', 0);
  await seen;
  vault.delete('end');
  expect([...copy.keys()].sort()).toEqual([...vault.keys()]);
  expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
});
