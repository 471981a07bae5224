// Random calls, compared with a Map: in rows and in parts, pending or not, by two connections, undone or not.
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { database, open } from './support.ts';

const KEYS = Array.from({ length: 12 }, (_, at) => String.fromCharCode(97 + at));
const STEPS = 250;
const seeds = [Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9)].flatMap((seed) => [seed, seed + 1, seed + 2]);

/** The entries, and the time of each: past, future, or none. */
type Time = 'past' | 'future' | 'never';
type Model = Map<string, { value: unknown; time: Time }>;

const OPTIONS: Record<Time, object> = {
  past: { expiresAt: 1 },
  future: { ttl: 3_600_000 },
  never: { ttl: Number.POSITIVE_INFINITY },
};

const live = (model: Model) => new Map([...model].filter(([, { time }]) => time !== 'past').toSorted(byKey));
const byKey = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);

class Walk {
  readonly #random: Random;
  #model: Model = new Map();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Does something to the vault and the model. */
  step(kv: KVault): void {
    const random = this.#random;
    const key = random.pick(KEYS);
    const [from, to] = [random.pick(KEYS), random.pick(KEYS)].toSorted() as [string, string];
    const time = random.pick(['past', 'future', 'never'] as const);
    const model = this.#model;
    const found = live(model).get(key);
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2: {
        const value = random.oneIn(3) ? Buffer.alloc(random.below(300), key) : random.below(100);
        kv.set(key, value, OPTIONS[time]);
        model.set(key, { value, time });
        break;
      }
      case 3:
      case 4: {
        const entries = random.list(0, 5, () => [random.pick(KEYS), random.below(100)] as [string, number]);
        kv.setMany(entries, OPTIONS[time]);
        for (const [each, value] of entries) model.set(each, { value, time });
        break;
      }
      case 5:
        expect(kv.delete(key), `delete ${key}`).toBe(found !== undefined);
        model.delete(key);
        break;
      case 6:
        expect(kv.touch(key, OPTIONS[time])).toBe(found !== undefined);
        if (found) model.set(key, { ...found, time });
        break;
      case 7:
        if (from === to || !live(model).has(from)) break;
        kv.rename(from, to);
        model.set(to, model.get(from) as { value: unknown; time: Time });
        model.delete(from);
        break;
      case 8: {
        const range = [...live(model).keys()].filter((each) => each >= from && each < to);
        expect(kv.deleteRange({ gte: from, lt: to })).toBe(range.length);
        for (const each of model.keys()) if (each >= from && each < to) model.delete(each);
        break;
      }
      case 9: {
        const first = [...live(model).keys()].slice(0, 2);
        expect(kv.deleteRange({ limit: 2 })).toBe(first.length);
        for (const each of first) model.delete(each);
        break;
      }
      case 10:
        kv.purgeExpired();
        break;
      case 11: {
        const isNumber = typeof (found?.value ?? 0) === 'number';
        if (!isNumber) break;
        const sum = Number(found?.value ?? 0) + 1;
        expect(kv.increment(key, 1, OPTIONS[time])).toBe(sum);
        model.set(key, { value: sum, time: found?.time ?? time });
        break;
      }
      case 12:
        expect(kv.compareAndSet(key, found?.value, 7, OPTIONS[time])).toBe(true);
        model.set(key, { value: 7, time });
        break;
      case 13:
        expect(kv.setIfAbsent(key, 8, OPTIONS[time])).toBe(found === undefined);
        if (!found) model.set(key, { value: 8, time });
        break;
      case 14:
        if (kv.cacheStats) kv.disableCache();
        else kv.enableCache(random.oneIn(2) ? { autoFlush: false } : { capBytes: 500 });
        break;
      default:
        if (random.oneIn(5)) {
          kv.clear();
          model.clear();
        } else kv.flushCache();
    }
  }

  /** Runs steps in a transaction, which is undone or not. */
  transaction(kv: KVault): void {
    const before = new Map(this.#model);
    const undone = new Error('undone');
    const isUndone = this.#random.oneIn(2);
    try {
      kv.transaction(() => {
        for (let count = this.#random.below(5); count > 0; count--) this.step(kv);
        if (this.#random.oneIn(3)) this.transaction(kv);
        this.check(kv);
        if (isUndone) throw undone;
      });
    } catch (error) {
      if (error !== undone) throw error;
      this.#model = before;
    }
  }

  check(kv: KVault): void {
    const entries = [...live(this.#model)].map(([key, { value }]) => [key, value]);
    expect([...kv]).toEqual(entries);
    expect([...kv.entries({ reverse: true })]).toEqual(entries.toReversed());
    expect(kv.size).toBe(entries.length);
    const [from, to] = [this.#random.pick(KEYS), this.#random.pick(KEYS)];
    const inRange = entries.filter(([key]) => (key as string) >= from && (key as string) <= to);
    expect(kv.count({ gte: from, lte: to })).toBe(inRange.length);
    expect(kv.count({ gte: from, lte: to, limit: 2 })).toBe(Math.min(2, inRange.length));
    expect(kv.getMany(KEYS)).toEqual(KEYS.map((key) => live(this.#model).get(key)?.value));
    const times = KEYS.map((key) => kv.ttlOf(key));
    expect(times.map((ttl) => (ttl === undefined ? 'none' : Number.isFinite(ttl) ? 'future' : 'never'))).toEqual(
      KEYS.map((key) => live(this.#model).get(key)?.time ?? 'none'),
    );
  }
}

const VAULTS: Record<string, KVaultOptions> = { rows: {}, parts: { maxBlobBytes: 64 } };

describe.each(Object.entries(VAULTS))('%s', (_, options) => {
  test.each(seeds)('seed %i', (seed) => {
    const random = new Random(seed);
    const file = tempFile();
    const ours = open(file, options);
    const theirs = open(database(file), options);
    const other = new KVault(ours, options);
    onTestFinished(() => other.close());
    const walk = new Walk(random);
    for (let step = 0; step < STEPS; step++) {
      // Another connection sees what is in the file.
      const vault = random.pick([ours, ours, other, theirs]);
      if (vault === theirs) for (const each of [ours, other]) each.disableCache();
      else theirs.disableCache();
      if (random.oneIn(4)) walk.transaction(vault);
      else walk.step(vault);
      if (random.oneIn(3)) walk.check(vault);
    }
    for (const vault of [ours, other, theirs]) vault.disableCache();
    for (const vault of [ours, other, theirs]) walk.check(vault);
    expect(ours.database.pragma('integrity_check', { simple: true })).toBe('ok');
    const orphans = 'SELECT count(*) FROM kohakuvault_expiry_kv WHERE key NOT IN (SELECT key FROM kv)';
    expect(ours.database.prepare(orphans).pluck().get()).toBe(0);
  });
});
