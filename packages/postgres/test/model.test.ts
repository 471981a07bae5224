// Random calls on a vault in a file and on a server, side by side.
import { asAsync, KVault } from '@kohakuvault/kvault';
import { type AsyncKVault, connect, type KeyRange, KohakuVaultError, type Store } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aServer, hasServer, stopServer } from './support/places.ts';
import { randomFrom } from './support/random.ts';
import { SEED } from './support/seed.ts';

const STEPS = 400;

type AnyVault = AsyncKVault<unknown, 'bytes'>;

describe.runIf(hasServer)(`a model, with the seed ${SEED}`, () => {
  let store: Store;
  let dropSchema: () => Promise<void>;
  beforeAll(async () => {
    const server = await aServer();
    dropSchema = server.dropSchema;
    store = await connect(server.url, { schema: server.schema, partitions: 3 });
  });
  afterAll(async () => {
    await store.close();
    await dropSchema();
    await stopServer();
  });

  test('does the same as a vault in a file', async () => {
    const random = randomFrom(SEED);
    const options = { keyEncoding: 'bytes', maxBlobBytes: 64 } as const;
    using file = new KVault<unknown, 'bytes'>(':memory:', options);
    const twins: AnyVault[] = [asAsync(file), await store.kvault<unknown, 'bytes'>('model', options)];
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const key = () =>
      Buffer.from(Array.from({ length: Math.floor(random() * 4) }, () => pick([0, 1, 97, 98, 254, 255])));
    const value = () =>
      pick<unknown>([
        1,
        'text',
        { a: [1, null] },
        Buffer.alloc(Math.floor(random() * 200), 7),
        'x'.repeat(3_000),
        new Map([[1, 2]]),
      ]);
    const range = (): KeyRange => ({
      ...(random() < 0.3 && { prefix: key() }),
      ...(random() < 0.3 && { [pick(['gt', 'gte'])]: key() }),
      ...(random() < 0.3 && { [pick(['lt', 'lte'])]: key() }),
      ...(random() < 0.3 && { reverse: true }),
      ...(random() < 0.3 && { limit: Math.floor(random() * 5) }),
    });
    const calls: Record<string, () => (vault: AnyVault) => Promise<unknown>> = {
      set: () =>
        (
          (k, v) => (vault) =>
            vault.set(k, v)
        )(key(), value()),
      setMany: () =>
        (
          (entries) => (vault) =>
            vault.setMany(entries)
        )(Array.from({ length: 4 }, () => [key(), value()] as const)),
      get: () =>
        (
          (k) => (vault) =>
            vault.get(k)
        )(key()),
      getMany: () =>
        (
          (keys) => (vault) =>
            vault.getMany(keys)
        )([key(), key(), key()]),
      'getMany of a range': () =>
        (
          (r) => (vault) =>
            vault.getMany(r)
        )(range()),
      has: () =>
        (
          (k) => (vault) =>
            vault.has(k)
        )(key()),
      sizeOf: () =>
        (
          (k) => (vault) =>
            vault.sizeOf(k)
        )(key()),
      delete: () =>
        (
          (k) => (vault) =>
            vault.delete(k)
        )(key()),
      deleteMany: () =>
        (
          (keys) => (vault) =>
            vault.deleteMany(keys)
        )([key(), key()]),
      deleteRange: () =>
        (
          (r) => (vault) =>
            vault.deleteRange(r)
        )({ limit: 2, ...range() }),
      pop: () =>
        (
          (k) => (vault) =>
            vault.pop(k)
        )(key()),
      setDefault: () =>
        (
          (k, v) => (vault) =>
            vault.setDefault(k, v)
        )(key(), value()),
      rename: () =>
        (
          (from, to) => (vault) =>
            vault.rename(from, to)
        )(key(), key()),
      count: () =>
        (
          (r) => (vault) =>
            vault.count(r)
        )(range()),
      toArray: () =>
        (
          (r) => (vault) =>
            vault.toArray(r)
        )(range()),
      size: () => (vault) => vault.size(),
    };
    for (let step = 0; step < STEPS; step++) {
      const name = pick(Object.keys(calls));
      const call = (calls[name] as () => (vault: AnyVault) => Promise<unknown>)();
      const [expected, found] = await Promise.all(twins.map((vault) => outcomeOf(() => call(vault))));
      expect(found, `step ${step}, ${name}`).toEqual(expected);
    }
    expect(await twins[1]?.toArray()).toEqual(await twins[0]?.toArray());
  });
});

async function outcomeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { result: await call() };
  } catch (error) {
    if (error instanceof KohakuVaultError) return { code: error.code };
    throw error;
  }
}
